# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers that signed in. Ending one is removing its row."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, insert, select, update

from webhook_bridge.domain.users import Session
from webhook_bridge.store.deliveries import starts_with
from webhook_bridge.store.user_tables import session, user
from webhook_bridge.store.users import USER_COLUMNS, user_of

_OWN = [column for column in session.c if column.name != "user_id"]


def add(connection: Connection, new: Session) -> None:
    """Store one that begins."""
    values = {column.name: getattr(new, column.name) for column in _OWN}
    connection.execute(insert(session).values(**values, user_id=new.user.id))


def get(connection: Connection, id_hash: str) -> Session | None:
    """Return the session whose id has this hash."""
    row = connection.execute(_query().where(session.c.id_hash == id_hash)).mappings().first()
    return None if row is None else _session(row)


def of(connection: Connection, user_id: str | None = None) -> list[Session]:
    """Return the sessions of a user, or all; the one used last first."""
    query = _query().order_by(session.c.used_at.desc())
    if user_id is not None:
        query = query.where(session.c.user_id == user_id)
    return [_session(row) for row in connection.execute(query).mappings()]


def has_any(connection: Connection) -> bool:
    """Say whether somebody has signed in."""
    return connection.scalar(select(session.c.handle).limit(1)) is not None


def find(connection: Connection, start_of_handle: str) -> list[Session]:
    """Return at most two whose handle starts so: two mean that the start is ambiguous."""
    query = _query().where(starts_with(session.c.handle, start_of_handle)).limit(2)
    return [_session(row) for row in connection.execute(query).mappings()]


def remove(connection: Connection, id_hash: str) -> bool:
    """End one; say whether it was there."""
    return connection.execute(delete(session).where(session.c.id_hash == id_hash)).rowcount == 1


def remove_of(connection: Connection, user_id: str) -> int:
    """End all of a user; return how many there were."""
    return connection.execute(delete(session).where(session.c.user_id == user_id)).rowcount


def note_use(connection: Connection, times: Mapping[str, float]) -> None:
    """Store when sessions were used last, by the hash of their ids."""
    for id_hash, at in times.items():
        same = session.c.id_hash == id_hash
        connection.execute(update(session).where(same).values(used_at=at))


def has_old(connection: Connection, *, now: float, idle: float) -> bool:
    """Say whether something has expired, or rested for longer than `idle` seconds."""
    query = select(session.c.handle).where(_old(now, idle)).limit(1)
    return connection.scalar(query) is not None


def remove_old(connection: Connection, *, now: float, idle: float) -> int:
    """Remove what has expired or rested for longer than `idle` seconds; return how many."""
    return connection.execute(delete(session).where(_old(now, idle))).rowcount


def _old(now: float, idle: float) -> ColumnElement[bool]:
    return (session.c.expires_at <= now) | (session.c.used_at < now - idle)


def _query() -> Select[tuple[object, ...]]:
    return select(*_OWN, *USER_COLUMNS).join(user)


def _session(row: RowMapping) -> Session:
    return Session(**{column.name: row[column.name] for column in _OWN}, user=user_of(row))
