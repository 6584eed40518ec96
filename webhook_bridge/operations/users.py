# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in: add users, change what they may do, and take it away again."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from webhook_bridge.domain.events import EventKind, NewEvent
from webhook_bridge.domain.references import shown
from webhook_bridge.domain.roles import Grants, Role, granted, is_name
from webhook_bridge.domain.users import User
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.sign_in_secrets import hash_of, new_id
from webhook_bridge.store import Store, events, sessions, tokens, users

NAME_RULE = (
    "must start with a letter or digit and have at most 64 letters, digits and . _ @ + -, "
    "for example alice or alice@example.com"
)


def add_user(
    store: Store, name: str, *, role: Role, apps: Collection[str], link_for: float, actor: str
) -> str:
    """Add a user and return the secret of a sign-in link that is good for so many seconds.

    Raises Refused where the name is taken, or cannot be one.
    """
    if not is_name(name):
        raise Refused("malformed", f"the name of a user {NAME_RULE}; not {shown(name)}")
    now = time.time()
    with store.write() as connection:
        if users.named(connection, name) is not None:
            raise Refused(
                "user_exists",
                f"there is a user {name} already; see: longshore user list; for another link: "
                f"longshore user link {name}",
            )
        user = users.add(connection, name, granted(role, apps), now=now)
        _record(connection, "user.added", user, actor=actor, roles=dict(user.grants.roles))
        return _new_link(connection, user, now=now, good_for=link_for)


def new_link(store: Store, name: str, *, good_for: float, actor: str) -> str:
    """Return the secret of another sign-in link; those before it open nothing any more."""
    with store.write() as connection:
        user = one_user(connection, name)
        _refuse_link(user)
        _record(connection, "user.link", user, actor=actor)
        return _new_link(connection, user, now=time.time(), good_for=good_for)


def _refuse_link(user: User) -> None:
    if user.identity is not None:
        message = f"user {user.name} signs in through {user.identity.issuer}, without a link"
        raise Refused("signs_in_elsewhere", message)
    if user.disabled_at is not None:
        message = f"user {user.name} is disabled; first: longshore user enable {user.name}"
        raise Refused("user_disabled", message)


def set_role(
    store: Store, name: str, *, role: Role | None, apps: Collection[str], actor: str
) -> User:
    """Give a user a role, for these apps or for all; None takes it away. Sessions of theirs end.

    Raises Refused for a user whose roles come from elsewhere, at each sign-in.
    """
    with store.write() as connection:
        user = one_user(connection, name)
        if user.identity is not None:
            raise Refused(
                "roles_from_elsewhere",
                f"the roles of user {name} follow from groups at {user.identity.issuer}: change "
                "the groups, or auth in longshore.toml",
            )
        old = user.grants
        new = old.without(apps) if role is None else old.given(role, apps)
        change_grants(connection, user, new, actor=actor)
        return replace(user, grants=new)


def change_grants(connection: Connection, user: User, grants: Grants, *, actor: str) -> None:
    """Store what a user may do; where that changes, sessions with what was before end."""
    if grants == user.grants:
        return
    users.set_grants(connection, user.id, grants)
    sessions.remove_of(connection, user.id)
    told = {"roles": dict(grants.roles), "was": dict(user.grants.roles)}
    _record(connection, "user.role", user, actor=actor, **told)


def disable_user(store: Store, name: str, *, actor: str) -> tuple[int, list[str]]:
    """Let a user do nothing from now on; return how many sessions ended, and tokens by name."""
    now = time.time()
    with store.write() as connection:
        user = one_user(connection, name)
        if user.disabled_at is not None:
            raise Refused("user_disabled", f"user {name} is disabled already")
        users.set_disabled(connection, user.id, at=now)
        users.remove_links(connection, user.id)
        ended = sessions.remove_of(connection, user.id)
        revoked = tokens.remove_of(connection, user.id)
        told = {"sessions": ended, "tokens": revoked}
        _record(connection, "user.disabled", user, actor=actor, **told)
    return ended, revoked


def enable_user(store: Store, name: str, *, actor: str) -> None:
    """Let a user that was disabled sign in again."""
    with store.write() as connection:
        user = one_user(connection, name)
        if user.disabled_at is None:
            raise Refused("user_enabled", f"user {name} is not disabled")
        users.set_disabled(connection, user.id, at=None)
        _record(connection, "user.enabled", user, actor=actor)


def remove_user(store: Store, name: str, *, actor: str) -> None:
    """Remove a user with its sessions, links and tokens; what it did stays in the events."""
    with store.write() as connection:
        user = one_user(connection, name)
        _record(connection, "user.removed", user, actor=actor)
        users.remove(connection, user.id)


def one_user(connection: Connection, name: str) -> User:
    """Return the user of this name; raise NotFound naming what to look at."""
    found = users.named(connection, name)
    if found is None:
        raise NotFound(f"there is no user {shown(name)}; see: longshore user list")
    return found


def _new_link(connection: Connection, user: User, *, now: float, good_for: float) -> str:
    secret = new_id()
    users.add_link(connection, hash_of(secret), user, now=now, until=now + good_for)
    return secret


def _record(
    connection: Connection, kind: EventKind, user: User, *, actor: str, **data: object
) -> None:
    told = NewEvent(kind, actor, time.time(), data={"user": user.name, **data})
    events.record(connection, told)
