# SPDX-License-Identifier: GPL-3.0-or-later
"""Store deliveries that come at the same time in one transaction: they share one flush to disk."""

from __future__ import annotations

import threading

from webhook_bridge import crash_points
from webhook_bridge.store import deliveries
from webhook_bridge.store.database import Store
from webhook_bridge.store.deliveries import NewDelivery


class _Entry:
    """A delivery on its way to the disk; settled once it has an id or an error."""

    def __init__(self, new: NewDelivery) -> None:
        self.new = new
        self.identifier: str | None = None
        self.error: Exception | None = None

    @property
    def settled(self) -> bool:
        return self.identifier is not None or self.error is not None

    def result(self) -> str:
        if self.identifier is None:
            raise self.error or RuntimeError("the delivery has not been stored")
        return self.identifier


class GroupCommit:
    """Whoever comes while nobody writes commits its own delivery and all that wait.

    Nobody waits for company: a delivery that comes alone is written at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = threading.Condition()
        self._waiting: list[_Entry] = []
        self._committing = False

    def add(self, new: NewDelivery) -> str:
        """Return the id of the delivery once the transaction that holds it is on disk.

        Raises StoreUnavailable when that transaction failed: then none of its deliveries is
        acknowledged, and their senders try again.
        """
        entry = _Entry(new)
        with self._changed:
            self._waiting.append(entry)
            while self._committing and not entry.settled:
                self._changed.wait()
            if entry.settled:
                return entry.result()
            group, self._waiting = self._waiting, []
            self._committing = True
        self._commit(group)
        return entry.result()

    def _commit(self, group: list[_Entry]) -> None:
        identifiers: list[str] = []
        error: Exception | None = None
        try:
            identifiers = self._write(group)
        except Exception as caught:  # noqa: BLE001 -- every waiting thread raises it
            error = caught
        finally:
            self._settle(group, identifiers, error or RuntimeError("the writer was ended"))

    def _write(self, group: list[_Entry]) -> list[str]:
        with self._store.write() as connection:
            identifiers = deliveries.add_all(connection, [entry.new for entry in group])
            crash_points.reach("before_commit")
        return identifiers

    def _settle(self, group: list[_Entry], identifiers: list[str], error: Exception) -> None:
        with self._changed:
            for number, entry in enumerate(group):
                if identifiers:
                    entry.identifier = identifiers[number]
                else:
                    entry.error = error
            self._committing = False
            self._changed.notify_all()
