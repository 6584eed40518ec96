# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs leave whose first process has ended: waited for, killed, and at last given up."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection

from webhook_bridge.executor.process_tree import descendants, kill

# What the processes of a run have for their files before they are killed.
_CLEAN_WITHIN_S = 3.0
# One that waits in the kernel, such as for a disk that is gone, does not even end when killed.
_END_WITHIN_S = 10.0


class Leftovers:
    """The sockets of runs that are to be closed once nothing of the run is left.

    A run's first process ends the others, and they themselves when it dies. What they started
    comes to us if all of them are killed, and then nothing says of which run it was.
    """

    def __init__(self) -> None:
        self._ending: dict[socket.socket, float] = {}
        self._seen: dict[int, float] = {}

    def __bool__(self) -> bool:
        return bool(self._ending)

    def add(self, run: socket.socket) -> None:
        """Close this socket when nothing is left, at the latest after 10 s."""
        self._ending[run] = time.monotonic()

    def close_ended(self, *, spared: Collection[int]) -> None:
        """Close the sockets that are due; `spared` are the first processes of runs that go on."""
        if not self._ending:
            return
        now = time.monotonic()
        self._seen = {pid: self._seen.get(pid, now) for pid in descendants(spared=spared)}
        if now > min(self._ending.values()) + _CLEAN_WITHIN_S:
            kill(self._seen)
        # Later runs do not wait again for what did not end.
        waited_for = [pid for pid, since in self._seen.items() if now <= since + _END_WITHIN_S]
        for run, ended_at in list(self._ending.items()):
            if not waited_for or now > ended_at + _END_WITHIN_S:
                del self._ending[run]
                run.close()
