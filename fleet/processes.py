# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding and ending our own processes.

There are no pid files: a pid can belong to somebody else by the time it is read. A process is ours
when the kernel says so: by an entry of its environment, its command line or its pid namespace.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from fleet.errors import FleetError


def environment_values(key: str) -> dict[int, str]:
    """The processes that were started with `key` in their environment, and its value."""
    prefix = f"{key}=".encode()
    return {
        pid: entry.removeprefix(prefix).decode()
        for pid in _all()
        for entry in _environment(pid).split(b"\0")
        if entry.startswith(prefix)
    }


def with_command_line(*argv: str) -> list[int]:
    """The processes whose arguments after the program's own name are exactly `argv`."""
    wanted = [argument.encode() for argument in argv]
    return [pid for pid in _all() if _read(pid, "cmdline").split(b"\0")[1:-1] == wanted]


def command_line(pid: int) -> str:
    """The words of a process, empty for one that has ended."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace").strip()


def mentioning(words: str) -> list[int]:
    """The processes with these words in a row on their command line, or in the title they took."""
    return [pid for pid in _all() if words.encode() in _read(pid, "cmdline").replace(b"\0", b" ")]


def working_below(folder: Path) -> list[int]:
    """The processes whose working directory is this folder or below it."""
    return [pid for pid in _all() if _working_directory(pid).is_relative_to(folder)]


def in_pid_namespace_of(leader: int, command: str = "") -> list[int]:
    """The processes in `leader`'s pid namespace: all, or those that /proc/PID/comm calls so."""
    namespace = _pid_namespace(leader)
    if namespace is None:
        return []
    return [
        pid
        for pid in _all()
        if command.encode() in (b"", _read(pid, "comm").strip())
        and _pid_namespace(pid) == namespace
    ]


def is_namespace_init(pid: int) -> bool:
    """Whether `pid` is process 1 of a pid namespace below ours."""
    for line in _read(pid, "status").splitlines():
        if line.startswith(b"NSpid:"):
            numbers = line.split()[1:]
            return len(numbers) > 1 and numbers[-1] == b"1"
    return False


def send(sent: signal.Signals, pids: Sequence[int]) -> None:
    """Send a signal to those that still run."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)


def suspend(pids: Sequence[int], *, seconds: float = 10) -> None:
    """Send SIGSTOP, and return when no thread of these processes runs any more.

    The kernel stops each thread when it next runs, so on a busy machine one can still answer after
    the signal was sent (signal(7)). Raises FleetError when one has not stopped in time.
    """
    send(signal.SIGSTOP, pids)
    deadline = time.monotonic() + seconds
    while running := [pid for pid in pids if not _is_stopped(pid)]:
        if time.monotonic() > deadline:
            raise FleetError(f"processes {running} still run {seconds:g} s after SIGSTOP")
        time.sleep(0.01)


def _is_stopped(pid: int) -> bool:
    """Whether each thread is stopped, or the process has ended (proc_pid_stat(5))."""
    try:
        threads = [entry.name for entry in os.scandir(f"/proc/{pid}/task")]
    except OSError:
        return True
    states = [_read(pid, f"task/{thread}/stat").rpartition(b")")[2].split() for thread in threads]
    return all(not state or state[0] in (b"T", b"t", b"Z", b"X") for state in states)


def end(find: Callable[[], list[int]], *, sent: signal.Signals, seconds: float) -> None:
    """Send a signal to every process that `find` names, and return when they have all ended.

    A pid is looked up again after a handle to it is open, so a pid that was given to another
    process in between is not hit (pidfd_open(2)).
    """
    with contextlib.ExitStack() as stack:
        handles: dict[int, int] = {}
        for pid in find():
            with contextlib.suppress(ProcessLookupError):
                handles[pid] = os.pidfd_open(pid)
                stack.callback(os.close, handles[pid])
        ours = set(find())
        waiting = {handle: pid for pid, handle in handles.items() if pid in ours}
        for handle in waiting:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, sent)
        _wait_for_end(waiting, seconds)


def _wait_for_end(waiting: dict[int, int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    poll = select.poll()
    for handle in waiting:
        poll.register(handle, select.POLLIN)
    left = dict(waiting)
    while left:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise FleetError(f"processes {sorted(left.values())} still run after {seconds:g} s")
        for handle, _ in poll.poll(remaining * 1000):
            poll.unregister(handle)
            del left[handle]


def _all() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def _read(pid: int, file: str) -> bytes:
    """The file below /proc/PID; empty for a process that has just ended."""
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return b""


def _environment(pid: int) -> bytes:
    """The environment of a process; empty for one that has ended.

    It reads as empty, too, while execve(2) puts a new program in the place of the old one. Such a
    process is as much there as before: its environment is read anew, for a second at most.
    """
    deadline = time.monotonic() + 1
    while not (found := _read(pid, "environ")) and _has_environment(pid):
        if time.monotonic() > deadline:
            break
    return found


def _has_environment(pid: int) -> bool:
    """Whether a process that we may look at has an environment, or is about to have one.

    By proc_pid_stat(5): what has ended, and the kernel's own, has no memory (vsize); the code of a
    stranger's process starts at 1; between two programs env_end is not set.
    """
    numbers = [int(word) for word in _read(pid, "stat").rpartition(b")")[2].split()[1:]]
    if not numbers:
        return False
    memory, code, start, end = (numbers[field - 4] for field in (23, 26, 50, 51))
    return memory > 0 and code != 1 and (end == 0 or start < end)


def _working_directory(pid: int) -> Path:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return Path()


def _pid_namespace(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/ns/pid").readlink()
    except OSError:
        return None
