# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processes of one side of a measurement cost: a control group of their own counts it.

Version 1 counts in `cpuacct.usage`, in nanoseconds, version 2 in `cpu.stat`, in microseconds
(cgroups(7)). Memory is the sum of each process's proportional share (PSS, proc_pid_smaps(5)), so
that pages which forks have in common count once.
"""

import contextlib
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from fleet import FleetError, control_groups, processes

_ROOT = Path("/sys/fs/cgroup")
_LOOK_EVERY_S = 0.3


class ControlGroup:
    """A control group for processor time; as a context, it and its processes end with the block."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._root = _hierarchy()
        self._folder = self._root / name

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Such as SSH connections that are kept.
        processes.send(signal.SIGKILL, self.pids())
        control_groups.remove(self._name)

    @contextlib.contextmanager
    def joined(self) -> Iterator[None]:
        """Have what this process starts meanwhile belong to the group."""
        before = self._root / _own_group(self._root)
        _move_here(self._folder)
        try:
            yield
        finally:
            _move_here(before)

    def seconds(self) -> float:
        """Return the processor time so far of all that was ever in the group."""
        usage = self._folder / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        words = (self._folder / "cpu.stat").read_text().split()
        return int(words[words.index("usage_usec") + 1]) / 1e6

    def memory(self) -> int:
        """Return the bytes of memory that its processes have now."""
        return sum(_share(pid) for pid in self.pids())

    def pids(self) -> list[int]:
        """Return its processes."""
        return [int(pid) for pid in (self._folder / "cgroup.procs").read_text().split()]


class PeakMemory:
    """The most memory that a group's processes had during the context, looked at now and then."""

    def __init__(self, group: ControlGroup) -> None:
        self.bytes = 0
        self._group = group
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="peak-memory")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            self.bytes = max(self.bytes, self._group.memory())


def _hierarchy() -> Path:
    """Return the folder of the hierarchy that counts processor time."""
    for folder in (_ROOT / "cpuacct", _ROOT / "cpu,cpuacct", _ROOT):
        if (folder / "cgroup.procs").exists():
            return folder
    raise FleetError(f"there is no control group below {_ROOT} that counts processor time")


def _own_group(root: Path) -> str:
    """Return the path below `root` of the group that this process is in (cgroups(7))."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(",") or (not controllers and root == _ROOT):
            return path.lstrip("/")
    return ""


def _move_here(group: Path) -> None:
    (group / "cgroup.procs").write_text(str(os.getpid()))


def _share(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has ended
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0
