# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a digest and lift a hold, by a button: each asks first, and answers with a redirect."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect
from werkzeug.wrappers import Response

from webhook_bridge.config.app import App
from webhook_bridge.operations import holds
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.versions import versions_of
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps
from webhook_bridge.web.pages.asked import TEXT, form_field
from webhook_bridge.web.pages.confirming import Question, confirm
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.questions import takes, takes_anything

blueprint = page_blueprint("holds")
_SEE_OTHER = 303


@blueprint.get("/apps/<name>/hold")
@takes(digest=TEXT)
def ask_hold(name: str, digest: str | None) -> str:
    """Say what a hold does."""
    demand("operate", name)
    says = [
        "No push, poll or reconcile brings this digest by itself, and no rollback goes back to it.",
        "That ends when the hold is lifted, or somebody deploys the digest.",
        "Hosts that run it go on running it.",
    ]
    return _about_digest(name, digest, "Hold", says)


@blueprint.post("/apps/<name>/hold")
@takes_anything
@once
def do_hold(name: str) -> Response:
    """Keep a digest from being deployed by itself."""
    who, app = demand("operate", name), _app(name)
    holds.hold(
        current_bridge().store,
        name=name,
        image=str(app.image),
        actor=who.actor,
        start_of_digest=form_field("digest"),
        why=form_field("why"),
    )
    return redirect(f"/apps/{name}", _SEE_OTHER)


@blueprint.get("/apps/<name>/unhold")
@takes(digest=TEXT)
def ask_unhold(name: str, digest: str | None) -> str:
    """Say what lifting a hold does."""
    demand("operate", name)
    says = ["Nothing is deployed by that; the next push or poll of it may bring it."]
    return _about_digest(name, digest, "Lift the hold on", says)


@blueprint.post("/apps/<name>/unhold")
@takes_anything
@once
def do_unhold(name: str) -> Response:
    """Allow a digest again."""
    who, digest = demand("operate", name), form_field("digest") or ""
    _app(name)
    holds.unhold(current_bridge().store, name=name, start_of_digest=digest, actor=who.actor)
    return redirect(f"/apps/{name}", _SEE_OTHER)


def _app(name: str) -> App:
    return declared_app(current_bridge().store, visible_apps(), name)


def _about_digest(name: str, digest: str | None, what: str, says: Sequence[str]) -> str:
    _app(name)
    with current_bridge().store.read() as connection:
        version = versions_of(connection, [name])[name].of(digest)
    path = "hold" if what == "Hold" else "unhold"
    title, button = f"{what} {version} of {name}?", what.removesuffix(" on")
    hidden = {"digest": digest or ""}
    asks = (("why", "Why, for who comes after you", "optional"),) if path == "hold" else ()
    back = f"/apps/{name}"
    return confirm(Question(title, button, f"{back}/{path}", back, says, hidden, asks))
