# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign in, sign out, and end sessions: each an event, in the transaction of the change."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from webhook_bridge.domain.events import EventKind, NewEvent
from webhook_bridge.domain.references import shown
from webhook_bridge.domain.roles import Grants, is_name
from webhook_bridge.domain.users import Identity, Link, Session, User
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.sign_in_secrets import hash_of, new_id
from webhook_bridge.operations.users import change_grants
from webhook_bridge.store import Store, events, sessions, users

_LONGEST_AGENT = 200
# A longer one would make an address that no browser follows.
_LONGEST_ID_TOKEN = 4096
_LONGEST_CLAIM = 255
_NAMES_TRIED = 100


class SignInRefused(Refused):
    """Somebody may not sign in; the message is for them to read."""

    def __init__(self, message: str) -> None:
        super().__init__("sign_in_refused", message)


@dataclass(frozen=True)
class Browser:
    """What signs in: its address, what it calls itself, and the session that it has already."""

    address: str
    agent: str
    session_id: str | None = None


@dataclass(frozen=True)
class Claimed:
    """Somebody whom an issuer vouches for, and what follows from their groups here.

    `proof` is kept for sessions that hold only while a proxy says the same; `id_token` is what the
    provider wants to see again at the end.
    """

    identity: Identity
    name: str
    grants: Grants
    method: str
    proof: str | None = None
    id_token: str | None = None


@dataclass(frozen=True)
class SignedIn:
    """A session that began: the id for the browser alone, and what is stored of it."""

    session_id: str
    session: Session


def link_of(store: Store, secret: str) -> Link | None:
    """Return the link with this secret, if there is one; nothing is changed by looking."""
    with store.read() as connection:
        return users.link(connection, hash_of(secret))


def sign_in_by_link(store: Store, secret: str, browser: Browser, *, age: float) -> SignedIn:
    """Use a link up and begin a session of at most `age` seconds.

    Raises SignInRefused for one that is no longer good, or never was.
    """
    now = time.time()
    with store.read() as connection:  # a stranger's guess takes no write lock
        _good_link(connection, secret, now=now)
    with store.write() as connection:
        link = _good_link(connection, secret, now=now)
        users.use_link(connection, link.token_hash, now=now)
        return _begin(connection, link.user, browser, method="link", until=now + age)


def _good_link(connection: Connection, secret: str, *, now: float) -> Link:
    link = users.link(connection, hash_of(secret))
    problem = "it is not known" if link is None else link.problem(now=now)
    if link is None or problem:
        raise SignInRefused(f"this link does not sign in: {problem}")
    return link


def sign_in_as(store: Store, claimed: Claimed, browser: Browser, *, age: float) -> SignedIn:
    """Begin a session for somebody whom an issuer vouches for, with the roles of their groups.

    Raises SignInRefused where they have no role, or are disabled here.
    """
    now = time.time()
    _refuse_endless(claimed.identity)
    with store.write() as connection:
        user = users.known_as(connection, claimed.identity)
        if user is None and claimed.grants.role is not None:
            user = _new_user(connection, claimed, now=now)
        if user is not None:
            change_grants(connection, user, claimed.grants, actor=claimed.method)
            user = replace(user, grants=claimed.grants)
            if user.allowed.role is not None:
                kept = claimed.id_token
                known = kept if kept and len(kept) <= _LONGEST_ID_TOKEN else None
                return _begin(
                    connection,
                    user,
                    browser,
                    method=claimed.method,
                    until=now + age,
                    proof=claimed.proof,
                    id_token=known,
                )
    disabled = user is not None and user.disabled_at is not None
    why = "is disabled here" if disabled else "is in no group that has a role here"
    raise SignInRefused(f"{claimed.name} {why}: ask whoever runs this bridge")


def _refuse_endless(identity: Identity) -> None:
    if not identity.subject or len(identity.subject) > _LONGEST_CLAIM:
        raise SignInRefused(f"who you are must have 1 to {_LONGEST_CLAIM} characters")


def _new_user(connection: Connection, claimed: Claimed, *, now: float) -> User:
    """Store somebody who is new here, under a name that nobody else has.

    What an issuer calls somebody is often theirs to choose: it never makes them anybody else.
    """
    base = claimed.name if is_name(claimed.name) else "user"
    names = [base, *(f"{base[:60]}-{number}" for number in range(2, _NAMES_TRIED))]
    free = [name for name in names if users.named(connection, name) is None]
    name = free[0] if free else f"user-{uuid.uuid4()}"
    user = users.add(connection, name, claimed.grants, now=now, identity=claimed.identity)
    told = {"user": name, "roles": dict(claimed.grants.roles)} | vars(claimed.identity)
    events.record(connection, NewEvent("user.added", claimed.method, now, data=told))
    return user


def _begin(
    connection: Connection,
    user: User,
    browser: Browser,
    *,
    method: str,
    until: float,
    proof: str | None = None,
    id_token: str | None = None,
) -> SignedIn:
    """Store a session with a new id; what the browser had before ends, whoever gave it that."""
    now, secret = time.time(), new_id()
    if browser.session_id is not None:
        sessions.remove(connection, hash_of(browser.session_id))
    begun = Session(
        id_hash=hash_of(secret),
        handle=str(uuid.uuid4()),
        user=user,
        csrf=new_id(),
        method=method,
        address=browser.address[:64],
        agent=browser.agent[:_LONGEST_AGENT],
        created_at=now,
        used_at=now,
        expires_at=until,
        proof=proof,
        id_token=id_token,
    )
    sessions.add(connection, begun)
    users.note_sign_in(connection, user.id, now=now)
    _record(connection, "user.signed_in", begun, actor=user.actor)
    return SignedIn(secret, begun)


def sign_out(store: Store, session: Session) -> None:
    """End the session of whoever asks."""
    with store.write() as connection:
        if sessions.remove(connection, session.id_hash):
            _record(connection, "user.signed_out", session, actor=session.user.actor)


def end_session(
    store: Store, start_of_handle: str, *, actor: str, of_user: str | None = None
) -> Session:
    """End the session whose handle starts so; `of_user` is the id of whom it must be.

    Raises NotFound where there is none, and Refused where there are several.
    """
    with store.write() as connection:
        found = sessions.find(connection, start_of_handle)
        own = [one for one in found if of_user in (None, one.user.id)]
        if not own:
            raise NotFound(
                f"no session has an id that starts with {shown(start_of_handle)}; see: "
                "longshore session list"
            )
        if len(own) > 1:
            message = f"several ids start with {shown(start_of_handle)}; write more of it"
            raise Refused("ambiguous", message)
        sessions.remove(connection, own[0].id_hash)
        _record(connection, "session.ended", own[0], actor=actor)
        return own[0]


def note_refusal(store: Store, who: str, *, method: str, why: str, address: str) -> None:
    """Store that somebody who is known, at least elsewhere, was not let in."""
    data = {"user": who, "method": method, "why": why, "address": address}
    told = NewEvent("user.sign_in_refused", method, time.time(), data=data)
    with store.write() as connection:
        events.record(connection, told)


def _record(connection: Connection, kind: EventKind, session: Session, *, actor: str) -> None:
    data = {
        "user": session.user.name,
        "method": session.method,
        "address": session.address,
        "session": session.handle,
    }
    events.record(connection, NewEvent(kind, actor, time.time(), data=data))
