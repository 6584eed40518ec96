# SPDX-License-Identifier: GPL-3.0-or-later
"""Who looks at the pages, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from markupsafe import Markup

from webhook_bridge.domain.roles import Grants, Role, granted
from webhook_bridge.domain.users import User
from webhook_bridge.web.current import VISITOR
from webhook_bridge.web.forgery import FIELD
from webhook_bridge.web.session_cookie import current_session

__all__ = [
    "VISITOR",
    "Role",
    "Visitor",
    "csrf_field",
    "current_visitor",
    "signed_in_visitor",
    "visitor_of",
]


@dataclass(frozen=True)
class Visitor:
    """Somebody who has signed in; each role includes those before it: read, operate, admin.

    `role` is the highest that they have anywhere, `apps` those that they see (None: all). Where
    roles differ by app, `grants` has them.
    """

    name: str
    role: Role
    apps: frozenset[str] | None = None
    grants: Grants | None = None

    @property
    def actor(self) -> str:
        """Return what events name this person."""
        return f"user:{self.name}"

    def may(self, action: Role, app: str | None = None) -> bool:
        """Say whether the visitor may do this to an app; without one, to whatever there is.

        Somebody with a role for some apps may nothing without one: what belongs to no app (a
        delivery, a hook) tells of all of them.
        """
        if self.grants is not None:
            return self.grants.may(action, app)
        if self.apps is None:
            return granted(self.role).may(action, app)
        return app in self.apps and granted(self.role).may(action)


def visitor_of(user: User) -> Visitor | None:
    """Return a user as a visitor; None for one who may do nothing."""
    role = user.allowed.role
    return None if role is None else Visitor(user.name, role, user.grants.apps, user.grants)


def signed_in_visitor() -> Visitor | None:
    """Return whom the session of this request belongs to."""
    session = current_session()
    return None if session is None else visitor_of(session.user)


def current_visitor() -> Visitor | None:
    """Return who asks; None for somebody who has not signed in."""
    who: Callable[[], Visitor | None] = current_app.extensions[VISITOR]
    return who()


def csrf_field() -> Markup:
    """Return the hidden field that a form of ours proves itself by."""
    session = current_session()
    if session is None:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, session.csrf)
