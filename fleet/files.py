# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are there whole or not at all, whenever the writer is killed."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in place of any earlier one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)
