# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program asks, by its token, and what that opens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

from flask import g

from webhook_bridge.authentication import BearerToken, verify
from webhook_bridge.authentication.shared_secret import credentials
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.roles import Grants, Role, granted
from webhook_bridge.domain.users import Token
from webhook_bridge.operations.sign_in_secrets import TOKEN_PREFIX, hash_of
from webhook_bridge.operations.tokens import OF_THE_SETTINGS
from webhook_bridge.store import tokens
from webhook_bridge.web.current import current_bridge


@dataclass(frozen=True)
class Caller:
    """A program; it may do what each of its grants allows: its token's, and those of its owner."""

    actor: str
    grants: tuple[Grants, ...]

    def may(self, role: Role, app: str | None = None) -> bool:
        """Say whether it may do what needs this role for an app; None: whatever the app."""
        return all(one.may(role, app) for one in self.grants)

    @property
    def apps(self) -> frozenset[str] | None:
        """The apps that it sees; None for all."""
        bounded = [one.apps for one in self.grants if one.apps is not None]
        return frozenset.intersection(*bounded) if bounded else None


_OF_THE_SETTINGS = Caller(f"token:{OF_THE_SETTINGS}", (granted("admin"),))


def caller_of(received: InboundRequest) -> Caller | None:
    """Return who shows a token that is good; None for anybody else.

    That of longshore.toml needs no database, and works while there is none.
    """
    bridge = current_bridge()
    if verify(BearerToken(), received, bridge.settings.api_tokens):
        return _OF_THE_SETTINGS
    shown = credentials(received, b"bearer").decode("latin-1")
    if not shown.startswith(TOKEN_PREFIX):
        return None
    now = time.time()
    with bridge.store.read() as connection:
        found = tokens.get(connection, hash_of(shown))
    if found is None or not found.is_good(now=now):
        return None
    bridge.last_used.note_token(found.id, now=now)
    return _of(found)


def current_caller() -> Caller:
    """Return which program makes this request to the API."""
    return cast("Caller", g.caller)


def _of(token: Token) -> Caller:
    owned = () if token.owner is None else (token.owner.allowed,)
    return Caller(token.actor, (token.grants, *owned))
