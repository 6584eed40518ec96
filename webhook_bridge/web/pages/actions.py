# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to an app and to a run: each asks first, and answers with a redirect."""

from __future__ import annotations

import time

from flask import redirect
from werkzeug.wrappers import Response

from webhook_bridge.config.app import App
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations import cancel, deploy, holds, reconcile, rollback
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.digests import check_start, whole_digest
from webhook_bridge.operations.prospects import Prospect, prospect
from webhook_bridge.store import releases
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps, visible_run
from webhook_bridge.web.pages.asked import TEXT, form_field
from webhook_bridge.web.pages.confirming import Question, asked_generation, confirm
from webhook_bridge.web.questions import takes, takes_anything
from webhook_bridge.web.thread_share import asks_registry

blueprint = page_blueprint("actions")
_SEE_OTHER = 303


@blueprint.get("/apps/<name>/deploy")
@takes(digest=TEXT)
def ask_deploy(name: str, digest: str | None) -> str:
    """Say what a deploy would do; without a digest, of which tag is asked."""
    demand("operate", name)
    app = _app(name)
    if digest is not None:
        check_start(digest)
        with current_bridge().store.read() as connection:
            digest = whole_digest(connection, digest, app=name, image=str(app.image))
    foreseen = _foreseen(name, app, digest)
    back = f"/apps/{name}"
    if digest is not None:
        return confirm(
            Question(
                f"Deploy {foreseen.version} to {name}?",
                "Deploy it",
                f"{back}/deploy",
                back,
                _held_says(foreseen),
                {"digest": digest, "generation": str(foreseen.generation)},
                prospect=foreseen,
            )
        )
    says = [
        f"Without a tag, what {app.track} means at the registry now.",
        f"The registry of {app.image} is asked when you confirm; what is held is refused.",
    ]
    return confirm(
        Question(
            f"Deploy {name}?",
            "Deploy it",
            f"{back}/deploy",
            back,
            says,
            {"generation": str(foreseen.generation)},
            (("tag", "Tag", str(app.track)),),
            prospect=foreseen,
        )
    )


@blueprint.post("/apps/<name>/deploy")
@takes_anything
@asks_registry
def do_deploy(name: str) -> Response:
    """Deploy a digest, or what a tag means now."""
    who, bridge = demand("operate", name), current_bridge()
    deploy.deploy(
        bridge.store,
        bridge.registry,
        bridge.apps.current(),
        name=name,
        actor=who.actor,
        expected_generation=asked_generation(name),
        tag=form_field("tag"),
        digest=form_field("digest"),
    )
    bridge.dispatcher.wake()
    return redirect(f"/apps/{name}", _SEE_OTHER)


@blueprint.get("/apps/<name>/rollback")
@takes(to=TEXT)
def ask_rollback(name: str, to: str | None) -> str:
    """Say what going back would do."""
    demand("operate", name)
    app, back = _app(name), f"/apps/{name}"
    with current_bridge().store.read() as connection:
        target = rollback.target(connection, name, to=to)
        current = releases.desired(connection, name)
    foreseen = _foreseen(name, app, target.digest)
    left = "" if current is None else short(current.digest)
    says = [
        "Hosts start the container that they kept, where it still exists.",
        f"The digest that is left, {left}, is held: no push or poll brings it again by itself.",
    ]
    hidden = {"to": target.id, "generation": str(foreseen.generation)}
    return confirm(
        Question(
            f"Roll {name} back to {foreseen.version}?",
            "Roll back",
            f"{back}/rollback",
            back,
            says,
            hidden,
            prospect=foreseen,
            is_dangerous=True,
        )
    )


@blueprint.post("/apps/<name>/rollback")
@takes_anything
def do_rollback(name: str) -> Response:
    """Go back to a release that ran well."""
    who, bridge = demand("operate", name), current_bridge()
    rollback.rollback(
        bridge.store,
        bridge.apps.current(),
        name=name,
        actor=who.actor,
        to=form_field("to"),
        expected_generation=asked_generation(name),
    )
    bridge.dispatcher.wake()
    return redirect(f"/apps/{name}", _SEE_OTHER)


@blueprint.get("/apps/<name>/reconcile")
def ask_reconcile(name: str) -> str:
    """Say what a look at the hosts may lead to."""
    demand("operate", name)
    foreseen = _foreseen(name, _app(name), _desired_digest(name))
    says = [
        f"All {foreseen.hosts} known hosts of {name} are looked at now, whatever they waited for.",
        f"Those that do not run {foreseen.version} are brought to it, those that failed too.",
        "What somebody changed by hand is overwritten only where the app says drift: correct.",
    ]
    return confirm(
        Question(
            f"Retry the hosts of {name} that differ?",
            "Look and retry",
            f"/apps/{name}/reconcile",
            f"/apps/{name}",
            says,
        )
    )


@blueprint.post("/apps/<name>/reconcile")
@takes_anything
def do_reconcile(name: str) -> Response:
    """Look at the hosts of an app, and bring those up to date that differ."""
    who, bridge = demand("operate", name), current_bridge()
    _app(name)
    reconcile.reconcile(bridge.store, name, actor=who.actor, now=time.time())
    bridge.dispatcher.wake()
    return redirect(f"/apps/{name}", _SEE_OTHER)


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
def do_hold(name: str) -> Response:
    """Keep a digest from being deployed by itself."""
    who, app = demand("operate", name), _app(name)
    digest, store = form_field("digest") or "", current_bridge().store
    holds.hold(store, name=name, image=str(app.image), start_of_digest=digest, actor=who.actor)
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
def do_unhold(name: str) -> Response:
    """Allow a digest again."""
    who, digest = demand("operate", name), form_field("digest") or ""
    _app(name)
    holds.unhold(current_bridge().store, name=name, start_of_digest=digest, actor=who.actor)
    return redirect(f"/apps/{name}", _SEE_OTHER)


@blueprint.get("/runs/<start_of_id>/cancel")
def ask_cancel(start_of_id: str) -> str:
    """Say what canceling a run does."""
    run = visible_run(start_of_id)
    demand("operate", run.app)
    says = [
        "The batch that it is in is brought to its end; no further batch begins.",
        "Hosts that were switched keep the new version, the others keep what they run.",
    ]
    return confirm(
        Question(
            f"Cancel the {run.kind} of {run.app}?",
            "Cancel the run",
            f"/runs/{run.id}/cancel",
            f"/runs/{run.id}",
            says,
            is_dangerous=True,
        )
    )


@blueprint.post("/runs/<start_of_id>/cancel")
@takes_anything
def do_cancel(start_of_id: str) -> Response:
    """End a run after the batch that it is in."""
    run = visible_run(start_of_id)
    who = demand("operate", run.app)
    cancel.cancel(current_bridge().store, start_of_id=run.id, actor=who.actor)
    return redirect(f"/runs/{run.id}", _SEE_OTHER)


def _app(name: str) -> App:
    return declared_app(current_bridge().store, visible_apps(), name)


def _foreseen(name: str, app: App, digest: str | None) -> Prospect:
    with current_bridge().store.read() as connection:
        return prospect(connection, name, app, digest=digest)


def _desired_digest(name: str) -> str | None:
    with current_bridge().store.read() as connection:
        release = releases.desired(connection, name)
    return None if release is None else release.digest


def _held_says(foreseen: Prospect) -> list[str]:
    if foreseen.held is None:
        return []
    return [f"This digest is held: it was {foreseen.held}. Deploying it lifts the hold."]


def _about_digest(name: str, digest: str | None, what: str, says: list[str]) -> str:
    app, back = _app(name), f"/apps/{name}"
    foreseen = _foreseen(name, app, digest)
    path = "hold" if what == "Hold" else "unhold"
    title = f"{what} {foreseen.version} of {name}?"
    hidden = {"digest": digest or ""}
    return confirm(Question(title, what.removesuffix(" on"), f"{back}/{path}", back, says, hidden))
