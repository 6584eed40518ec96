# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in, and the links by which they do."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from webhook_bridge.domain.roles import Grants
from webhook_bridge.domain.users import Identity, Link, User
from webhook_bridge.store.user_tables import session, sign_in_link, token, user

USER_COLUMNS = [column.label(f"user_{column.name}") for column in user.c]


def all_of_them(connection: Connection) -> list[User]:
    """Return all users, by name."""
    rows = connection.execute(select(*USER_COLUMNS).order_by(user.c.name)).mappings()
    return [user_of(row) for row in rows]


def named(connection: Connection, name: str) -> User | None:
    """Return the user of this name, letter for letter."""
    return _one(connection, user.c.name == name)


def known_as(connection: Connection, identity: Identity) -> User | None:
    """Return the user whom an issuer knows so."""
    same = (user.c.issuer == identity.issuer) & (user.c.subject == identity.subject)
    return _one(connection, same)


def add(
    connection: Connection,
    name: str,
    grants: Grants,
    *,
    now: float,
    identity: Identity | None = None,
) -> User:
    """Store a new user, whose name is free."""
    new = User(str(uuid.uuid4()), name, grants, now, identity)
    connection.execute(
        insert(user).values(
            id=new.id,
            name=name,
            grants=dict(grants.roles),
            created_at=now,
            issuer=identity and identity.issuer,
            subject=identity and identity.subject,
        )
    )
    return new


def set_grants(connection: Connection, identifier: str, grants: Grants) -> None:
    """Store what a user may do."""
    _change(connection, identifier, grants=dict(grants.roles))


def set_disabled(connection: Connection, identifier: str, *, at: float | None) -> None:
    """Store since when a user may do nothing; None: the user may."""
    _change(connection, identifier, disabled_at=at)


def note_sign_in(connection: Connection, identifier: str, *, now: float) -> None:
    """Store when a user signed in last."""
    _change(connection, identifier, signed_in_at=now)


def remove(connection: Connection, identifier: str) -> None:
    """Remove a user with all that shows who it is."""
    for table, owner in (
        (session, session.c.user_id),
        (sign_in_link, sign_in_link.c.user_id),
        (token, token.c.owner_id),
    ):
        connection.execute(delete(table).where(owner == identifier))
    connection.execute(delete(user).where(user.c.id == identifier))


def add_link(
    connection: Connection, token_hash: str, of: User, *, now: float, until: float
) -> None:
    """Store a link; those of this user that came before open nothing any more."""
    remove_links(connection, of.id)
    values = {"token_hash": token_hash, "user_id": of.id, "created_at": now, "expires_at": until}
    connection.execute(insert(sign_in_link).values(values))


def remove_links(connection: Connection, user_id: str) -> None:
    """Remove the links of a user."""
    connection.execute(delete(sign_in_link).where(sign_in_link.c.user_id == user_id))


def link(connection: Connection, token_hash: str) -> Link | None:
    """Return the link whose secret has this hash, whether it is good or not."""
    columns = sign_in_link.c
    own = (columns.created_at, columns.expires_at, columns.used_at)
    query = select(*own, *USER_COLUMNS).join(user).where(columns.token_hash == token_hash)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    times = (row["created_at"], row["expires_at"], row["used_at"])
    return Link(token_hash, user_of(row), *times)


def use_link(connection: Connection, token_hash: str, *, now: float) -> None:
    """Note that a link was used, in the transaction that looked whether it was."""
    same = sign_in_link.c.token_hash == token_hash
    connection.execute(update(sign_in_link).where(same).values(used_at=now))


def user_of(row: RowMapping) -> User:
    """Return the user of a row that has `USER_COLUMNS`."""
    known = row["user_issuer"] is not None
    return User(
        row["user_id"],
        row["user_name"],
        Grants(row["user_grants"]),
        row["user_created_at"],
        Identity(row["user_issuer"], row["user_subject"]) if known else None,
        row["user_disabled_at"],
        row["user_signed_in_at"],
    )


def _one(connection: Connection, condition: ColumnElement[bool]) -> User | None:
    row = connection.execute(select(*USER_COLUMNS).where(condition)).mappings().first()
    return None if row is None else user_of(row)


def _change(connection: Connection, identifier: str, **values: object) -> None:
    connection.execute(update(user).where(user.c.id == identifier).values(**values))
