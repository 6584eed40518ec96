# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that programs show to the API: create, list, revoke."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection

from sqlalchemy import Connection

from webhook_bridge.domain.events import EventKind, NewEvent
from webhook_bridge.domain.references import shown
from webhook_bridge.domain.roles import Role, granted, is_name
from webhook_bridge.domain.users import Token, User
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.sign_in_secrets import hash_of, new_token
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.operations.users import NAME_RULE, one_user
from webhook_bridge.store import Store, events, tokens

OF_THE_SETTINGS = "api"
"""How the token of longshore.toml is called; no other may be."""

_LONGEST_S = 3650 * 24 * 3600.0


def create_token(
    store: Store,
    name: str,
    *,
    scope: Role,
    apps: Collection[str],
    good_for: float | None,
    owner: str | None,
    actor: str,
) -> tuple[str, Token]:
    """Store a new token and return it; nobody can see it again. `good_for` is in seconds.

    Raises Refused where the name is taken or cannot be one, or it would be good for more than ten
    years, and NotFound without such an owner.
    """
    _refuse_name(name)
    if good_for is not None and good_for > _LONGEST_S:
        raise Refused("malformed", "expires: must be a duration of at most 3650d, or never")
    now, secret = time.time(), new_token()
    until = None if good_for is None else now + good_for
    with store.write() as connection:
        if tokens.named(connection, name) is not None:
            message = f"there is a token {name} already; first: longshore token revoke {name}"
            raise Refused("token_exists", message)
        owning = None if owner is None else _owner(connection, owner)
        identifier, grants = str(uuid.uuid4()), granted(scope, apps)
        new = Token(identifier, name, grants, now, actor, until, owner=owning)
        tokens.add(connection, new, token_hash=hash_of(secret))
        told = {"roles": dict(grants.roles), "expires": timestamp(until), "user": owner}
        _record(connection, "token.created", name, actor=actor, **told)
    return secret, new


def _refuse_name(name: str) -> None:
    if not is_name(name):
        raise Refused("malformed", f"the name of a token {NAME_RULE}; not {shown(name)}")
    if name == OF_THE_SETTINGS:
        message = f"{name} is the name of the token in longshore.toml; choose another"
        raise Refused("token_exists", message)


def _owner(connection: Connection, name: str) -> User:
    user = one_user(connection, name)
    if user.disabled_at is not None:
        message = f"user {name} is disabled; first: longshore user enable {name}"
        raise Refused("user_disabled", message)
    return user


def revoke_token(store: Store, name: str, *, actor: str) -> None:
    """End a token: the next request with it is refused."""
    with store.write() as connection:
        found = tokens.named(connection, name)
        if found is None:
            raise NotFound(f"there is no token {shown(name)}; see: longshore token list")
        tokens.remove(connection, found.id)
        _record(connection, "token.revoked", name, actor=actor)


def _record(
    connection: Connection, kind: EventKind, name: str, *, actor: str, **data: object
) -> None:
    events.record(connection, NewEvent(kind, actor, time.time(), data={"token": name, **data}))
