# SPDX-License-Identifier: GPL-3.0-or-later
"""The control groups that the fleet's containers leave when their host's power goes."""

import contextlib
from pathlib import Path

from fleet.errors import FleetError
from fleet.waiting import wait_for

_ROOT = Path("/sys/fs/cgroup")


def remove(name: str) -> None:
    """Remove the group `name` at the top of every hierarchy, cgroup version 1 and 2 alike."""
    # The kernel lets go of a group some moments after its last process has ended.
    with contextlib.suppress(FleetError):
        wait_for(lambda: not _remove_all(name), f"control group {name} to be empty", seconds=5)


def _remove_all(name: str) -> list[Path]:
    """Remove what can be removed, and return what could not."""
    for top in _tops(name):
        for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            _remove_one(folder)
        _remove_one(top)
    return _tops(name)


def _tops(name: str) -> list[Path]:
    return [top for top in (_ROOT / name, *_ROOT.glob(f"*/{name}")) if top.is_dir()]


def _remove_one(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
