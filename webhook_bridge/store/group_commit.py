# SPDX-License-Identifier: GPL-3.0-or-later
"""Store deliveries that come at the same time in one transaction: they share one flush to disk."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webhook_bridge import crash_points
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.store import deliveries
from webhook_bridge.store.database import Store


class _Entry:
    """Deliveries on their way to the disk; settled once they have ids or an error."""

    def __init__(self, news: Sequence[NewDelivery]) -> None:
        self.news = news
        self.identifiers: list[str] | None = None
        self.error: Exception | None = None
        # Held until there is something to wake up for. A condition would wake all who wait.
        self._turn = threading.Lock()
        self._turn.acquire()

    @property
    def settled(self) -> bool:
        return self.identifiers is not None or self.error is not None

    def wait(self) -> None:
        """Sleep until it is settled, or has to commit what waits."""
        self._turn.acquire()

    def wake(self) -> None:
        self._turn.release()

    def result(self) -> list[str]:
        if self.error is not None:
            raise self.error
        assert self.identifiers is not None  # noqa: S101 -- it is settled
        return self.identifiers


class GroupCommit:
    """Whoever comes while nobody writes commits its own delivery and all that wait.

    Nobody waits for company: a delivery that comes alone is written at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._committing = False

    def add(self, new: NewDelivery) -> str:
        """Return the id of a delivery, as `add_all` does."""
        return self.add_all([new])[0]

    def add_all(self, news: Sequence[NewDelivery]) -> list[str]:
        """Return the ids of the deliveries once the transaction that holds all is on disk.

        Raises StoreUnavailable when that transaction failed: then none of its deliveries is
        acknowledged, and their senders try again.
        """
        entry = _Entry(news)
        with self._lock:
            self._waiting.append(entry)
            somebody_commits, self._committing = self._committing, True
        if somebody_commits:
            entry.wait()
        if not entry.settled:
            self._commit_all_that_wait(entry)
        return entry.result()

    def _commit_all_that_wait(self, own: _Entry) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        identifiers: list[str] = []
        error: Exception = RuntimeError("the writer was ended")
        try:
            identifiers = self._write(group)
        except Exception as caught:  # noqa: BLE001 -- every waiting thread raises it
            error = caught
        finally:
            _settle(group, identifiers, error)
            self._hand_over()
            for entry in group:
                if entry is not own:
                    entry.wake()

    def _write(self, group: list[_Entry]) -> list[str]:
        with self._store.write() as connection:
            identifiers = deliveries.add_all(
                connection, [new for entry in group for new in entry.news]
            )
            crash_points.reach("before_commit")
        return identifiers

    def _hand_over(self) -> None:
        """Let the first that came meanwhile commit next."""
        with self._lock:
            self._committing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].wake()


def _settle(group: list[_Entry], identifiers: list[str], error: Exception) -> None:
    made = iter(identifiers)
    for entry in group:
        if identifiers:
            entry.identifiers = [next(made) for _ in entry.news]
        else:
            entry.error = error
