# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a file of lines that another process is still writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class Tail:
    """Hands out the whole lines that were added to a file since the last look."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._position = 0

    def lines(self) -> Iterator[str]:
        """Yield the new lines; a line that is still being written waits."""
        if not self._file.exists():
            return
        with self._file.open("rb") as file:
            file.seek(self._position)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._position += len(line)
                yield line.decode("utf-8", "replace").rstrip("\n")
