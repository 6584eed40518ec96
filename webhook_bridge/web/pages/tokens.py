# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs show to the API: one's own tokens; to admins of all apps, those of all."""

from __future__ import annotations

import time

from flask import redirect, render_template
from werkzeug.wrappers import Response

from webhook_bridge.config.durations import parse_duration
from webhook_bridge.domain.roles import ROLES, Role
from webhook_bridge.domain.users import Token
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations import tokens as operation
from webhook_bridge.store import tokens
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps, visitor
from webhook_bridge.web.pages.asked import app_fields, form_field
from webhook_bridge.web.pages.confirming import Question, confirm
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.visitors import Visitor

blueprint = page_blueprint("token_pages")
_SEE_OTHER = 303
_HERE = "account"
_EXPIRIES = ("7d", "30d", "90d", "365d", "never")


@blueprint.get("/tokens")
@live()
def list_tokens() -> Page:
    """Tokens, what they open, and when they were used last."""
    who = visitor()
    with current_bridge().store.read() as connection:
        found = [one for one in tokens.all_of_them(connection) if _is_visible(who, one)]
    values = {"tokens": found, "who": who, "now": time.time(), "sees_all": who.may("admin")}
    form = {
        "roles": ROLES[: ROLES.index(who.role) + 1],
        "apps": sorted(visible_apps()),
        "expiries": _EXPIRIES,
        "is_for_some": who.apps is not None,
    }
    return Page("tokens.html", "API tokens", values, here=_HERE, rest=lambda: ("new_token", form))


@blueprint.post("/tokens")
@takes_anything
@once
def create() -> str:
    """Create a token of whoever asks, and show it once."""
    who, scope, apps = visitor(), _scope(), app_fields(visible_apps())
    if not apps:
        demand(scope)
    for app in apps:
        demand(scope, app)
    secret, new = operation.create_token(
        current_bridge().store,
        form_field("name") or "",
        scope=scope,
        apps=apps,
        good_for=_good_for(),
        owner=who.name,
        actor=who.actor,
    )
    title = f"New token {new.name}"
    return render_template("token_created.html", title=title, here=_HERE, one=new, secret=secret)


@blueprint.get("/tokens/<name>/revoke")
def ask_revoke(name: str) -> str:
    """Say what revoking a token does."""
    found = _one(name)
    says = ["The next request with it is refused; what its program did stays in the events."]
    asked = Question(
        f"Revoke token {found.name}?",
        "Revoke it",
        f"/tokens/{found.name}/revoke",
        "/tokens",
        says,
        is_dangerous=True,
        here=_HERE,
    )
    return confirm(asked)


@blueprint.post("/tokens/<name>/revoke")
@takes_anything
def revoke(name: str) -> Response:
    """End a token."""
    found = _one(name)
    operation.revoke_token(current_bridge().store, found.name, actor=visitor().actor)
    return redirect("/tokens", _SEE_OTHER)


def _is_visible(who: Visitor, token: Token) -> bool:
    return who.may("admin") or (token.owner is not None and token.owner.name == who.name)


def _one(name: str) -> Token:
    """Return a token that the visitor sees; raise NotFound for one of others, as for none."""
    with current_bridge().store.read() as connection:
        found = tokens.named(connection, name)
    if found is None or not _is_visible(visitor(), found):
        raise NotFound(f"you have no token {name[:80]!r}; see the page /tokens")
    return found


def _scope() -> Role:
    text = form_field("scope")
    for one in ROLES:
        if one == text:
            return one
    raise Refused("malformed", f"form: scope: must be one of {', '.join(ROLES)}")


def _good_for() -> float | None:
    """Return the seconds that the form says; None for never."""
    text = form_field("expires") or "90d"
    if text == "never":
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refused("malformed", f"form: expires: {text[:40]!r} {error}") from error
