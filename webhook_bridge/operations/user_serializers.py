# SPDX-License-Identifier: GPL-3.0-or-later
"""What `--json` shows of users, sessions and tokens: no secret, and no hash of one."""

from __future__ import annotations

from webhook_bridge.domain.users import Session, Token, User
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.timestamps import timestamp


def user_view(one: User) -> View:
    """Return a user."""
    known = one.identity
    return {
        "user": one.name,
        "roles": dict(one.grants.roles),
        "created_at": timestamp(one.created_at),
        "disabled_at": timestamp(one.disabled_at),
        "signed_in_at": timestamp(one.signed_in_at),
        "issuer": known and known.issuer,
        "subject": known and known.subject,
    }


def session_view(one: Session) -> View:
    """Return a session."""
    return {
        "session": one.handle,
        "user": one.user.name,
        "method": one.method,
        "address": one.address,
        "agent": one.agent,
        "created_at": timestamp(one.created_at),
        "used_at": timestamp(one.used_at),
        "expires_at": timestamp(one.expires_at),
    }


def token_view(one: Token) -> View:
    """Return a token without its secret."""
    return {
        "name": one.name,
        "roles": dict(one.grants.roles),
        "created_at": timestamp(one.created_at),
        "created_by": one.created_by,
        "expires_at": timestamp(one.expires_at),
        "used_at": timestamp(one.used_at),
        "user": one.owner and one.owner.name,
    }
