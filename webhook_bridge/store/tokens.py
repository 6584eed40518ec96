# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that programs show to the API. Revoking one is removing its row."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from webhook_bridge.domain.roles import Grants
from webhook_bridge.domain.users import Token
from webhook_bridge.store.user_tables import token, user
from webhook_bridge.store.users import USER_COLUMNS, user_of


def add(connection: Connection, new: Token, *, token_hash: str) -> None:
    """Store a new one, whose name is free."""
    connection.execute(
        insert(token).values(
            id=new.id,
            name=new.name,
            token_hash=token_hash,
            grants=dict(new.grants.roles),
            owner_id=new.owner and new.owner.id,
            created_at=new.created_at,
            created_by=new.created_by,
            expires_at=new.expires_at,
        )
    )


def get(connection: Connection, token_hash: str) -> Token | None:
    """Return the token that has this hash."""
    return _one(connection, _query().where(token.c.token_hash == token_hash))


def named(connection: Connection, name: str) -> Token | None:
    """Return the token of this name."""
    return _one(connection, _query().where(token.c.name == name))


def all_of_them(connection: Connection) -> list[Token]:
    """Return all tokens, by name."""
    rows = connection.execute(_query().order_by(token.c.name)).mappings()
    return [_token(row) for row in rows]


def remove(connection: Connection, identifier: str) -> None:
    """Revoke one."""
    connection.execute(delete(token).where(token.c.id == identifier))


def remove_of(connection: Connection, user_id: str) -> list[str]:
    """Revoke all of a user; return their names."""
    owned = token.c.owner_id == user_id
    names = list(connection.scalars(select(token.c.name).where(owned)))
    connection.execute(delete(token).where(owned))
    return names


def note_use(connection: Connection, times: Mapping[str, float]) -> None:
    """Store when tokens were used last, by id."""
    for identifier, at in times.items():
        connection.execute(update(token).where(token.c.id == identifier).values(used_at=at))


def _query() -> Select[tuple[object, ...]]:
    return select(token, *USER_COLUMNS).outerjoin(user)


def _one(connection: Connection, query: Select[tuple[object, ...]]) -> Token | None:
    row = connection.execute(query).mappings().first()
    return None if row is None else _token(row)


def _token(row: RowMapping) -> Token:
    return Token(
        row["id"],
        row["name"],
        Grants(row["grants"]),
        row["created_at"],
        row["created_by"],
        row["expires_at"],
        row["used_at"],
        None if row["owner_id"] is None else user_of(row),
    )
