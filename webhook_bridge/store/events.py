# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened, appended in the transaction of the change and never changed."""

from __future__ import annotations

from sqlalchemy import Connection, RowMapping, Select, insert, select

from webhook_bridge.domain.events import Event, NewEvent, WantedEvents
from webhook_bridge.store.tables import event

_NAMES = {"release": "release_id", "run": "run_id", "delivery": "delivery_id"}


def record(connection: Connection, *events: NewEvent) -> None:
    """Store what happened; it is undone with the change where that is."""
    rows = [{_NAMES.get(key, key): value for key, value in vars(one).items()} for one in events]
    if rows:
        connection.execute(insert(event), rows)


def matching(
    connection: Connection, wanted: WantedEvents, *, limit: int, before: int | None = None
) -> list[Event]:
    """Return the events that are wanted: the newest first; after a known one the oldest first.

    With `before`, a seq, only those that came earlier.
    """
    order = event.c.seq.desc() if wanted.after is None else event.c.seq
    query = _wanted(wanted).order_by(order).limit(limit)
    if before is not None:
        query = query.where(event.c.seq < before)
    return [_event(row) for row in connection.execute(query).mappings()]


def last_seq(connection: Connection) -> int:
    """Return the seq of the newest event, 0 before the first."""
    return connection.scalar(select(event.c.seq).order_by(event.c.seq.desc()).limit(1)) or 0


def _wanted(wanted: WantedEvents) -> Select[tuple[object, ...]]:
    query = select(event).where(event.c.at >= wanted.since)
    if wanted.after is not None:
        query = query.where(event.c.seq > wanted.after)
    if wanted.apps is not None:
        query = query.where(event.c.app.in_(wanted.apps))
    for name in ("app", "actor", "kind"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(event.c[name] == value)
    return query


def _event(row: RowMapping) -> Event:
    return Event(**{name: row[_NAMES.get(name, name)] for name in Event.__dataclass_fields__})
