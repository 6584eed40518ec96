# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether deliveries can be taken now."""

from __future__ import annotations

import threading
import time

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store
from webhook_bridge.store.tables import probe

# Anybody may ask, and each look costs a flush to the disk.
_CHECK_INTERVAL_S = 1.0


class Readiness:
    """Checks whether the store can be written, at most once in `interval_s` seconds."""

    def __init__(self, store: Store, *, interval_s: float = _CHECK_INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._problem: str | None = None

    @property
    def last_problem(self) -> str | None:
        """What the last check found, without another one: whoever asks this writes nothing."""
        return self._problem

    def problem(self) -> str | None:
        """Return why nothing can be stored; None when all is well."""
        with self._lock:
            if time.monotonic() - self._checked_at > self._interval_s:
                self._problem = self._check()
                self._checked_at = time.monotonic()
            return self._problem

    def _check(self) -> str | None:
        try:
            with self._store.write() as connection:
                write(connection, now=time.time())
        except StoreUnavailable as error:
            return str(error)
        return None


def write(connection: Connection, *, now: float) -> None:
    """Write one small row; raises what every write would raise now."""
    new = insert(probe).values(id=1, written_at=now)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"written_at": now}))
