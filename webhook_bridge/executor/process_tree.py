# SPDX-License-Identifier: GPL-3.0-or-later
"""Tie a process to its parent's life, and end everything that descends from it (Linux).

Ansible's forks and ssh's persistent masters leave their process group and session, so signals to
a group miss them (ansible-runner#973). A subreaper keeps them as its descendants instead: when a
process in between dies they become its children, never init's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

# prctl(2): options 1 and 36.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# No signal that ansible-runner handles itself: it replaces the handler of SIGTERM.
_PARENT_DIED = signal.SIGUSR1
_KILL_WITHIN_S = 10.0


def end_with_parent(parent: int, *, at_end: Callable[[], None]) -> None:
    """Have this process end all its descendants, call `at_end` and die when `parent` dies.

    Must be called in the main thread. The kernel watches the parent's *thread* that started us,
    so that thread has to live as long as we do.
    """

    def end(_signal: int, _frame: object) -> None:
        end_descendants()
        at_end()
        os._exit(137)

    signal.signal(_PARENT_DIED, end)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, int(_PARENT_DIED), 0, 0, 0)
    if os.getppid() != parent:
        end(_PARENT_DIED, None)


def end_descendants() -> None:
    """Kill every process that descends from this one, and reap it."""
    deadline = time.monotonic() + _KILL_WITHIN_S
    while (found := _descendants_of(os.getpid())) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.005)
    _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _descendants_of(root: int) -> list[int]:
    """Return the living descendants of a process, by walking the parents of all processes."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _living_parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    unseen = [root]
    while unseen:
        born = children.get(unseen.pop(), [])
        found += born
        unseen += born
    return found


def _living_parent(entry: Path) -> int | None:
    """Return the parent of a process, None for a zombie or one that is gone (proc(5), stat)."""
    try:
        fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[1])
