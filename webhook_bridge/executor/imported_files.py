# SPDX-License-Identifier: GPL-3.0-or-later
"""Notice that what a process has imported is no longer what is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

# Size, time of change and inode: an upgrade replaces files, an editor may write into them.
_Stamp = tuple[int, int, int] | None


class ImportedFiles:
    """The files of all modules that are imported now, and what else decided what was imported.

    Folders of `sys.path` count too: installing anything, such as a library that Ansible uses where
    it is there, changes its folder. So do `more` places, such as those of a configuration, whether
    a file is there or not.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._seen = _stamps({*_module_files(), *sys.path, *more})

    def have_changed(self) -> bool:
        """Return whether any was changed, removed or added since."""
        return _stamps(self._seen) != self._seen


def _module_files() -> set[str]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {file for file in files if file}


def _stamps(paths: Iterable[str]) -> Mapping[str, _Stamp]:
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> _Stamp:
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns, seen.st_ino
