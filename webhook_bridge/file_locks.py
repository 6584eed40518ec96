# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that the kernel gives back when their holder dies: no clock, no time-out.

They hold on a local file system; a state_dir on NFS is not supported.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from webhook_bridge.errors import StoreUnavailable


class FileLock:
    """An exclusive lock on a file, held while this object (and its process) lives."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; return whether we have it now."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                f"{self.file}: cannot be made: {error.strerror}; see state_dir in the settings"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class WorkerIdentity:
    """A worker's name in the store, and the lock that shows that it lives."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "workers"
        self.id = str(uuid.uuid4())
        self._lock = FileLock(self._folder / f"{self.id}.lock")
        self._lock.acquire()

    def is_dead(self, worker: str) -> bool:
        """Return whether another worker's process is gone."""
        if worker == self.id:
            return False
        with FileLock(self._folder / f"{worker}.lock") as lock:
            dead = lock.acquire()
            if dead:
                lock.file.unlink(missing_ok=True)
            return dead

    def close(self) -> None:
        """Give the lock back: this worker has ended."""
        self._lock.file.unlink(missing_ok=True)
        self._lock.release()
