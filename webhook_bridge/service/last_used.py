# SPDX-License-Identifier: GPL-3.0-or-later
"""When sessions and tokens were used last: noted at once, stored by a thread.

Who reads a page takes no write lock, so that no delivery waits for it. What was noted last is lost
with a process that is killed: then a session rests from half a minute earlier on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store, sessions, tokens

_log = logging.getLogger(__name__)
_INTERVAL_S = 30.0


class LastUsed:
    """Takes notes from any thread; also removes sessions that are over.

    `idle` returns the seconds for which a session may rest.
    """

    def __init__(
        self, store: Store, *, idle: Callable[[], float], interval_s: float = _INTERVAL_S
    ) -> None:
        self._store = store
        self._idle = idle
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._sessions: dict[str, float] = {}
        self._tokens: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="last-used", daemon=True)

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def stop(self) -> None:
        """Store what was noted, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def note_session(self, id_hash: str, *, now: float) -> None:
        """Remember that a session was used."""
        with self._lock:
            self._sessions[id_hash] = now

    def note_token(self, identifier: str, *, now: float) -> None:
        """Remember that a token was used."""
        with self._lock:
            self._tokens[identifier] = now

    def of_session(self, id_hash: str, stored: float) -> float:
        """Return when a session was used last, of what is stored and what was noted."""
        with self._lock:
            return max(stored, self._sessions.get(id_hash, 0.0))

    def _work(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(self._interval_s)
            try:
                self.store_notes(now=time.time())
            except StoreUnavailable as error:
                _log.error("when sessions were used is not kept: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("when sessions were used is not kept")

    def store_notes(self, *, now: float) -> None:
        """Store what was noted, and remove the sessions that are over."""
        with self._lock:
            used, shown = dict(self._sessions), dict(self._tokens)
        with self._store.read() as connection:
            over = sessions.has_old(connection, now=now, idle=self._idle())
        if used or shown or over:
            with self._store.write() as connection:
                sessions.note_use(connection, used)
                tokens.note_use(connection, shown)
                sessions.remove_old(connection, now=now, idle=self._idle())
        self._forget(used, shown)

    def _forget(self, used: dict[str, float], shown: dict[str, float]) -> None:
        """Drop what is stored by now; what was noted meanwhile stays."""
        with self._lock:
            self._sessions = {k: at for k, at in self._sessions.items() if used.get(k) != at}
            self._tokens = {k: at for k, at in self._tokens.items() if shown.get(k) != at}
