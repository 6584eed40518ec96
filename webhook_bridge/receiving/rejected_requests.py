# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep what hooks refuse, and the API from strangers, without slowing down what they take.

A request only leaves a note here; a thread stores the notes, once a second and at most so many.
Under a flood the others are counted, not kept.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from webhook_bridge.domain.deliveries import NewRejected
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.redaction import redacted_headers
from webhook_bridge.store import Store, rejected

_log = logging.getLogger(__name__)
_INTERVAL_S = 1.0
_MOST_AT_ONCE = 20
_EXCERPT = 2048


class Rejections:
    """Takes notes of refused requests from any thread, and stores a sample of them."""

    def __init__(self, store: Store, *, interval_s: float = _INTERVAL_S) -> None:
        self._store = store
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._notes: list[NewRejected] = []
        self._more = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rejections", daemon=True)

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def stop(self) -> None:
        """Store what was noted, and end."""
        self._stopping.set()
        self._thread.join()

    def note(self, new: NewRejected) -> None:
        """Remember a refused request, unless there are too many just now."""
        with self._lock:
            if len(self._notes) < _MOST_AT_ONCE:
                self._notes.append(new)
            else:
                self._more += 1

    def count(self) -> None:
        """Remember only that one more was refused."""
        with self._lock:
            self._more += 1

    def _work(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stopping.wait(self._interval_s)
            try:
                self.store_notes()
            except StoreUnavailable as error:
                _log.error("refused requests are not kept: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("refused requests are not kept")

    def store_notes(self) -> None:
        """Store and log what was noted since the last time."""
        with self._lock:
            notes, self._notes = self._notes, []
            more = self._more
            self._more = 0 if notes else more
        if not notes:
            return
        notes[-1] = replace(notes[-1], more=more)
        for note in notes:
            place = "" if note.hook is None else f"hook {note.hook}: "
            _log.info("%srefused, from %s: %s", place, note.remote, note.detail)
        if more:
            _log.info("%d more requests were refused and not kept", more)
        with self._store.write() as connection:
            rejected.add_all(connection, notes)


def rejection(
    received: InboundRequest,
    *,
    hook: str | None,
    status: int,
    code: str,
    detail: str,
    remote: str,
    secret_headers: frozenset[str] = frozenset(),
) -> NewRejected:
    """Return what is kept of a refused request."""
    return NewRejected(
        hook=hook,
        status=status,
        code=code,
        detail=detail,
        remote=remote,
        headers=redacted_headers(received.headers, secret_headers),
        body_length=len(received.body),
        excerpt=received.body[:_EXCERPT],
        received_at=received.at,
    )
