# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that a hook refused: enough of each to see why, none of them in full."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select

from webhook_bridge.domain.deliveries import NewRejected, Rejected
from webhook_bridge.store.deliveries import starts_with
from webhook_bridge.store.tables import rejected

_COLUMNS = [column for column in rejected.c if column.name != "seq"]


def add_all(connection: Connection, news: Sequence[NewRejected]) -> None:
    """Store refused requests."""
    rows = [{**vars(new), "headers": dict(new.headers), "id": str(uuid.uuid4())} for new in news]
    connection.execute(insert(rejected), rows)


def latest(
    connection: Connection,
    *,
    hook: str | None = None,
    since: float = 0.0,
    before: int | None = None,
    limit: int,
) -> list[Rejected]:
    """Return the newest ones, newest first; those before a seq, if that is given."""
    query = select(*_COLUMNS).where(rejected.c.received_at >= since)
    if before is not None:
        query = query.where(rejected.c.seq < before)
    if hook is not None:
        query = query.where(rejected.c.hook == hook)
    rows = connection.execute(query.order_by(rejected.c.seq.desc()).limit(limit)).mappings()
    return [_rejected(row) for row in rows]


def find(connection: Connection, start_of_id: str) -> list[Rejected]:
    """Return at most two whose id starts so: two mean that the start is ambiguous."""
    query = select(*_COLUMNS).where(starts_with(rejected.c.id, start_of_id)).limit(2)
    return [_rejected(row) for row in connection.execute(query).mappings()]


def _rejected(row: RowMapping) -> Rejected:
    return Rejected(**row)
