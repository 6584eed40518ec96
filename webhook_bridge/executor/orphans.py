# SPDX-License-Identifier: GPL-3.0-or-later
"""End what is left of a run whose processes were all killed at once.

When one of them is killed the others end what it has started (`process_tree`). Whoever kills all of
them, as `pkill -9 -f fork_server` does, leaves what that does not match, such as ssh, and what one
of them starts at that moment. Then nothing in the tree of processes says of which run they were.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from pathlib import Path

from webhook_bridge.executor.process_tree import kill
from webhook_bridge.state_folder import RunFiles

_log = logging.getLogger(__name__)
# What a run's own processes have to end what they have started, which they know best.
_CLEAN_WITHIN_S = 3.0
# One that waits in the kernel, such as for a disk that is gone, does not even end when killed.
_END_WITHIN_S = 10.0
# A process has no environment for a moment while it starts another program (execve(2)), and one
# that was started after the look at all is not seen by it.
_EMPTY_LOOKS = 3
_PAUSE_S = 0.02
_MARK = "LONGSHORE_OUTCOMES="
# Our own processes by their command line, which a fork shares with what it was forked from.
_OURS = "webhook_bridge.executor."


def end_orphans(files: RunFiles) -> None:
    """End what is left of a run, at most 13 s long, and remove its private folder.

    Nobody may run it any more: call it once the run's first process has ended.
    """
    began_at = time.monotonic()
    empty_looks = 0
    while empty_looks < _EMPTY_LOOKS:
        found = _processes_of(files)
        waited = time.monotonic() - began_at
        if waited > _CLEAN_WITHIN_S + _END_WITHIN_S:
            _log.warning("run %s: these do not end: %s", files.folder.name, found)
            break
        if waited > _CLEAN_WITHIN_S or not any(map(_is_ours, found)):
            kill(found)
        empty_looks = 0 if found else empty_looks + 1
        time.sleep(_PAUSE_S)
    _remove_private_folder(files)


def _remove_private_folder(files: RunFiles) -> None:
    # Whatever cannot be removed is no reason for a run to be lost.
    with contextlib.suppress(OSError):
        folder = files.private.readlink()
        if _is_private(folder) and folder.lstat().st_uid == files.folder.lstat().st_uid:
            shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        files.private.unlink(missing_ok=True)


def _is_private(folder: Path) -> bool:
    """Whether this may be the folder that a run made (`child.run`)."""
    return folder.is_absolute() and folder.name.startswith("longshore-") and not folder.is_symlink()


def _processes_of(files: RunFiles) -> list[int]:
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in numbers if _is_of(pid, files.folder)]


def _is_of(pid: int, folder: Path) -> bool:
    """Whether a process is of the run in this folder: not, say, somebody's shell there.

    What the run started has the run's events in its environment (`environment.py`). A fork has the
    environment of the fork server, and ssh writes a title over its own where it keeps a connection
    open for others (OpenSSH, clientloop.c and ssh.c, control_persist_detach); both stay in the
    folder.
    """
    for entry in _read(pid, "environ").split("\0"):
        if entry.startswith(_MARK) and _is_same(Path(entry.removeprefix(_MARK)).parent, folder):
            return True
    is_title = _read(pid, "cmdline").startswith("ssh: ")
    return (is_title or _is_ours(pid)) and _is_same(Path(f"/proc/{pid}/cwd"), folder)


def _is_ours(pid: int) -> bool:
    return _OURS in _read(pid, "cmdline")


def _read(pid: int, name: str) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    return ""


def _is_same(one: Path, folder: Path) -> bool:
    """Whether two paths are one folder, by whatever way they lead to it."""
    with contextlib.suppress(OSError):
        return os.path.samestat(one.stat(), folder.stat())
    return False
