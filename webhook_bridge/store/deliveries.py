# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries: stored as they came, each ending in exactly one verdict."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    bindparam,
    insert,
    select,
    update,
)

from webhook_bridge.domain.deliveries import WAITING, Delivery, NewDelivery, Wanted
from webhook_bridge.store.tables import delivery

_COLUMNS = [column for column in delivery.c if column.name not in ("seq", "release_ids")]
# Built once: building a statement costs more than running it.
_INSERT = insert(delivery)
_UNDECIDED = update(delivery).where(
    delivery.c.id == bindparam("identifier"), delivery.c.verdict.is_(None)
)
_DECIDE = _UNDECIDED.values(
    verdict=bindparam("code"),
    detail=bindparam("reason"),
    decided_at=bindparam("now"),
    stored_at=bindparam("stored"),
    release_ids=bindparam("releases"),
    due_at=None,
)
_POSTPONE = _UNDECIDED.values(
    due_at=bindparam("next_try"),
    detail=bindparam("reason"),
    attempts=delivery.c.attempts + 1,
)
# By due_at, so that the index of what waits is used: by seq, SQLite reads all that ever came.
_DUE = (
    select(*_COLUMNS)
    .where(delivery.c.due_at <= bindparam("now"))
    .order_by(delivery.c.due_at, delivery.c.seq)
    .limit(bindparam("most"))
)


def add(connection: Connection, new: NewDelivery) -> str:
    """Store a delivery that waits for its verdict; return its new id."""
    return add_all(connection, [new])[0]


def add_all(connection: Connection, news: Sequence[NewDelivery]) -> list[str]:
    """Store deliveries that wait for their verdicts; return their new ids in the same order."""
    rows = [_new_row(new) for new in news]
    connection.execute(_INSERT, rows)
    return [row["id"] for row in rows]


def _new_row(new: NewDelivery) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "hook": new.hook,
        "source": new.source,
        "remote": new.remote,
        "headers": dict(new.headers),
        "body": new.body,
        "received_at": new.received_at,
        "due_at": new.received_at,
        "attempts": 0,
    }


def due(connection: Connection, *, now: float, limit: int) -> list[Delivery]:
    """Return deliveries without a verdict whose time has come, the longest due first."""
    rows = connection.execute(_DUE, {"now": now, "most": limit}).mappings()
    return [_delivery(row) for row in rows]


def decide(
    connection: Connection,
    identifier: str,
    *,
    code: str,
    detail: str,
    now: float,
    stored_at: float | None = None,
    releases: Sequence[str] = (),
) -> None:
    """Record the one verdict of a delivery; a second one changes nothing.

    `stored_at` is when it was on disk, where that is known; `releases` are the ids of those that
    it brought, or found desired already.
    """
    values = {
        "code": code,
        "reason": detail,
        "now": now,
        "stored": stored_at,
        "releases": list(releases),
    }
    connection.execute(_DECIDE, {"identifier": identifier, **values})


def postpone(connection: Connection, identifier: str, *, due_at: float, detail: str) -> None:
    """Try again later; the detail says why and is replaced by the verdict's."""
    connection.execute(_POSTPONE, {"identifier": identifier, "next_try": due_at, "reason": detail})


def many(connection: Connection, identifiers: Collection[str]) -> dict[str, Delivery]:
    """Return deliveries by their ids, of those that are still kept."""
    query = select(*_COLUMNS).where(delivery.c.id.in_(identifiers))
    found = (_delivery(row) for row in connection.execute(query).mappings())
    return {one.id: one for one in found}


def latest(connection: Connection, *, limit: int) -> list[Delivery]:
    """Return the newest deliveries, newest first."""
    return matching(connection, Wanted(), limit=limit)


def matching(
    connection: Connection, wanted: Wanted, *, before: int | None = None, limit: int
) -> list[Delivery]:
    """Return the newest deliveries that are wanted, newest first.

    With `before`, a seq, only those that came earlier.
    """
    query = select(*_COLUMNS).where(delivery.c.received_at >= wanted.since)
    if before is not None:
        query = query.where(delivery.c.seq < before)
    if wanted.hook is not None:
        query = query.where(delivery.c.hook == wanted.hook)
    if wanted.verdict == WAITING:
        query = query.where(delivery.c.verdict.is_(None))
    elif wanted.verdict is not None:
        query = query.where(delivery.c.verdict == wanted.verdict)
    rows = connection.execute(query.order_by(delivery.c.seq.desc()).limit(limit)).mappings()
    return [_delivery(row) for row in rows]


def find(connection: Connection, start_of_id: str) -> list[Delivery]:
    """Return at most two deliveries whose id starts so: two mean that the start is ambiguous."""
    query = select(*_COLUMNS).where(starts_with(delivery.c.id, start_of_id)).limit(2)
    return [_delivery(row) for row in connection.execute(query).mappings()]


def starts_with(column: Column[str], start: str) -> ColumnElement[bool]:
    """Return the condition that a text starts so; unlike LIKE it uses the column's index."""
    return (column >= start) & (column < start + "\U0010ffff")


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**row)
