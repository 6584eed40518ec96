# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries: stored as they came, each ending in exactly one verdict."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from webhook_bridge.store.tables import delivery


@dataclass(frozen=True)
class NewDelivery:
    """One authenticated request as it came, secrets taken out of its headers."""

    hook: str
    source: str
    remote: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float


@dataclass(frozen=True)
class Delivery(NewDelivery):
    """A stored delivery; `verdict` is None while it waits for one, `due_at` says until when."""

    id: str
    attempts: int
    due_at: float | None
    verdict: str | None
    detail: str | None
    decided_at: float | None


_COLUMNS = [column for column in delivery.c if column.name != "seq"]
_INSERT = insert(delivery)


def add(connection: Connection, new: NewDelivery) -> str:
    """Store a delivery that waits for its verdict; return its new id."""
    identifier = str(uuid.uuid4())
    row: dict[str, Any] = {
        "id": identifier,
        "hook": new.hook,
        "source": new.source,
        "remote": new.remote,
        "headers": dict(new.headers),
        "body": new.body,
        "received_at": new.received_at,
        "due_at": new.received_at,
        "attempts": 0,
    }
    connection.execute(_INSERT, row)
    return identifier


def due(connection: Connection, *, now: float, limit: int) -> list[Delivery]:
    """Return deliveries without a verdict whose time has come, in the order they came."""
    query = select(*_COLUMNS).where(delivery.c.due_at <= now).order_by(delivery.c.seq).limit(limit)
    return [_delivery(row) for row in connection.execute(query).mappings()]


def decide(connection: Connection, identifier: str, *, code: str, detail: str, now: float) -> None:
    """Record the one verdict of a delivery; a second one changes nothing."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == identifier, delivery.c.verdict.is_(None))
        .values(verdict=code, detail=detail, decided_at=now, due_at=None)
    )


def postpone(connection: Connection, identifier: str, *, due_at: float, detail: str) -> None:
    """Try again later; the detail says why and is replaced by the verdict's."""
    connection.execute(
        update(delivery)
        .where(delivery.c.id == identifier, delivery.c.verdict.is_(None))
        .values(due_at=due_at, detail=detail, attempts=delivery.c.attempts + 1)
    )


def latest(connection: Connection, *, limit: int) -> list[Delivery]:
    """Return the newest deliveries, newest first."""
    query = select(*_COLUMNS).order_by(delivery.c.seq.desc()).limit(limit)
    return [_delivery(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, start_of_id: str) -> list[Delivery]:
    """Return at most two deliveries whose id starts so: two mean that the start is ambiguous."""
    query = select(*_COLUMNS).where(delivery.c.id.startswith(start_of_id, autoescape=True)).limit(2)
    return [_delivery(row) for row in connection.execute(query).mappings()]


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**row)
