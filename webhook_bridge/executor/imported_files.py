# SPDX-License-Identifier: GPL-3.0-or-later
"""Notice that what a process has imported is no longer what is installed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

# Size, time of change and inode: an upgrade replaces files, an editor may write into them.
_Stamp = tuple[int, int, int] | None
# The clock that a file system takes its times from (clock_gettime(2), CLOCK_REALTIME_COARSE).
_CLOCK_OF_FILES = 5


class ImportedFiles:
    """The files of all modules that are imported now, and what else decided what was imported.

    Folders of `sys.path` count too: installing anything, such as a library that Ansible uses where
    it is there, changes its folder. So do `more` places, such as those of a configuration, whether
    a file is there or not.

    Made before an import whose files count too: what changes during the import may have been read
    before.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._since = time.clock_gettime_ns(_CLOCK_OF_FILES)
        self._changed_meanwhile = False
        self._seen = _stamps({*_module_files(), *sys.path, *more})

    def add_imported(self, more: Iterable[str] = ()) -> None:
        """Add the files of what was imported since this was made, and `more` places."""
        new = {*_module_files(), *sys.path, *more} - self._seen.keys()
        self._seen |= _stamps(new)
        self._changed_meanwhile = any(_changed_at(path) >= self._since for path in new)

    def have_changed(self) -> bool:
        """Return whether any was changed, removed or added since, or while it was imported."""
        return self._changed_meanwhile or _stamps(self._seen) != self._seen


def _module_files() -> set[str]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {file for file in files if file}


def _stamps(paths: Iterable[str]) -> dict[str, _Stamp]:
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> _Stamp:
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def _changed_at(path: str) -> int:
    """Return when a file was changed or put there, in nanoseconds; 0 where there is none."""
    try:
        return Path(path).stat().st_ctime_ns
    except OSError:
        return 0
