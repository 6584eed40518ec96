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
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

# prctl(2): options 1 and 36.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
END = signal.SIGUSR1
"""Ends a process that called `end_with_parent`, and all it started.

No signal that ansible-runner handles itself: it replaces the handler of SIGTERM.
"""
_KILL_WITHIN_S = 10.0
# Each look reads all of /proc.
_SHORTEST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.2


def end_with_parent(parent: int, *, at_end: Callable[[], None]) -> None:
    """Have this process end all its descendants, call `at_end` and die when `parent` dies.

    Must be called in the main thread. The kernel watches the parent's *thread* that started us,
    so that thread has to live as long as we do.
    """

    def end(_signal: int, _frame: object) -> None:
        end_descendants()
        at_end()
        os._exit(137)

    signal.signal(END, end)
    adopt_orphans()
    _prctl(_PR_SET_PDEATHSIG, int(END))
    if os.getppid() != parent:
        end(END, None)


def adopt_orphans() -> None:
    """Have descendants whose parent dies become children of this process."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def end_descendants() -> None:
    """Kill every process that descends from this one, and reap it; give up after 10 s."""
    deadline = time.monotonic() + _KILL_WITHIN_S
    pause = _SHORTEST_PAUSE_S
    while (found := descendants()) and time.monotonic() < deadline:
        kill(found)
        _reap()
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
    _reap()


def kill(pids: Iterable[int]) -> None:
    """Kill processes; one that has ended, or that is another user's such as sudo, is left."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(*, spared: Collection[int] = ()) -> list[int]:
    """Return the living processes that descend from this one, but not by one that is spared."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _living_parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    unseen = [os.getpid()]
    while unseen:
        born = [pid for pid in children.get(unseen.pop(), []) if pid not in spared]
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
