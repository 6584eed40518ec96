# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to an app and to a run: each asks first, and answers with a redirect.

What would happen is said by the same function as `longshore plan` says it.
"""

from __future__ import annotations

import time
from dataclasses import replace

from flask import redirect
from werkzeug.wrappers import Response

from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.operations import cancel, deploy, reconcile, rollback
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.foresight import Foresight, foresight
from webhook_bridge.operations.plan import Wanted, plan_view
from webhook_bridge.store import releases
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps, visible_run
from webhook_bridge.web.pages.asked import TEXT, form_field
from webhook_bridge.web.pages.confirming import Question, asked_generation, confirm
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.questions import takes, takes_anything
from webhook_bridge.web.thread_share import asks_registry

blueprint = page_blueprint("actions")
_SEE_OTHER = 303


@blueprint.get("/apps/<name>/deploy")
@takes(digest=TEXT)
def ask_deploy(name: str, digest: str | None) -> str:
    """Say what deploying a digest would do; without one, ask of which tag."""
    demand("operate", name)
    if digest is None:
        return _ask_tag(name)
    foreseen = _foreseen(name, Wanted(digest=digest))
    return confirm(_deploy_question(foreseen, {"digest": foreseen.plan["digest"]}))


@blueprint.post("/apps/<name>/deploy/plan")
@takes_anything
@asks_registry
def plan_deploy(name: str) -> str:
    """Say what deploying what a tag means now would do; the registry is asked for that alone."""
    demand("operate", name)
    tag = form_field("tag")
    foreseen = _foreseen(name, Wanted(tag=tag))
    hidden = {"tag": tag or "", "expected": foreseen.plan["digest"] or ""}
    return confirm(_deploy_question(foreseen, hidden))


@blueprint.post("/apps/<name>/deploy")
@takes_anything
@asks_registry
@once
def do_deploy(name: str) -> Response:
    """Deploy a digest, or what a tag means now, if that is what was shown."""
    who, bridge = demand("operate", name), current_bridge()
    deploy.deploy(
        bridge.store,
        bridge.registry,
        visible_apps(),
        name=name,
        actor=who.actor,
        expected_generation=asked_generation(name),
        expected_digest=form_field("expected"),
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
    declared_app(current_bridge().store, visible_apps(), name)
    with current_bridge().store.read() as connection:
        target = rollback.target(connection, name, to=to)
        current = releases.desired(connection, name)
    foreseen = _foreseen(name, Wanted(digest=target.digest))
    left = "" if current is None else short(current.digest)
    says = [
        "Hosts start the container that they kept, where it still exists.",
        f"The digest that is left, {left}, is held: no push or poll brings it again by itself.",
    ]
    asked = Question(
        f"Roll {name} back to {foreseen.name}?",
        "Roll back",
        f"/apps/{name}/rollback",
        f"/apps/{name}",
        says,
        {"to": target.id, "generation": str(foreseen.generation)},
        foreseen=foreseen,
        is_dangerous=True,
    )
    return confirm(asked)


@blueprint.post("/apps/<name>/rollback")
@takes_anything
@once
def do_rollback(name: str) -> Response:
    """Go back to a release that ran well."""
    who, bridge = demand("operate", name), current_bridge()
    rollback.rollback(
        bridge.store,
        visible_apps(),
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
    declared_app(current_bridge().store, visible_apps(), name)
    with current_bridge().store.read() as connection:
        refused = reconcile.why_not(connection, name)
        current = releases.desired(connection, name)
    if refused is not None:
        return confirm(_no_retry(name, refused, current))
    foreseen = _foreseen(name, Wanted(same=True))
    says = [
        f"All hosts of {name} are looked at now, whatever they waited for.",
        f"Those that do not run {foreseen.name} are brought to it, those that failed too.",
        "What somebody changed by hand is overwritten only where the app says drift: correct.",
    ]
    return confirm(
        Question(
            f"Retry all hosts of {name} that differ?",
            "Look and retry",
            f"/apps/{name}/reconcile",
            f"/apps/{name}",
            says,
            foreseen=foreseen,
        )
    )


@blueprint.post("/apps/<name>/reconcile")
@takes_anything
@once
def do_reconcile(name: str) -> Response:
    """Look at the hosts of an app, and bring those up to date that differ."""
    who, bridge = demand("operate", name), current_bridge()
    declared_app(bridge.store, visible_apps(), name)
    reconcile.reconcile(bridge.store, name, actor=who.actor, now=time.time())
    bridge.dispatcher.wake()
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
@once
def do_cancel(start_of_id: str) -> Response:
    """End a run after the batch that it is in."""
    run = visible_run(start_of_id)
    who = demand("operate", run.app)
    cancel.cancel(current_bridge().store, start_of_id=run.id, actor=who.actor)
    return redirect(f"/runs/{run.id}", _SEE_OTHER)


def _no_retry(name: str, refused: Refused, current: Release | None) -> Question:
    """Say why hosts are not retried, and what can be done in its place."""
    deploy_it = f"/apps/{name}/deploy?digest={current.digest}" if current else ""
    is_settled = refused.code != "not_settled"
    return Question(
        f"Retry all hosts of {name} that differ?",
        "",
        "",
        f"/apps/{name}",
        [f"{refused}."],
        is_possible=False,
        instead=None if is_settled else ("Deploy it again…", deploy_it),
    )


def _ask_tag(name: str) -> str:
    app = declared_app(current_bridge().store, visible_apps(), name)
    says = [
        f"Without a tag, what {app.track} means at the registry now.",
        f"The registry of {app.image} is asked, and the next page says what would happen.",
    ]
    asked = Question(
        f"Deploy {name}?",
        "See what would happen",
        f"/apps/{name}/deploy/plan",
        f"/apps/{name}",
        says,
        asks=(("tag", "Tag", str(app.track)),),
    )
    return confirm(asked)


def _deploy_question(foreseen: Foresight, target: dict[str, str]) -> Question:
    name = foreseen.plan["app"]
    asked = Question(
        f"Deploy {foreseen.name} to {name}?",
        "Deploy it",
        f"/apps/{name}/deploy",
        f"/apps/{name}",
        [*_tag_says(foreseen, target.get("tag")), *_held_says(foreseen)],
        {**target, "generation": str(foreseen.generation)},
        foreseen=foreseen,
    )
    problem = foreseen.plan["problem"]
    if problem is None or (foreseen.plan["digest"] and problem["code"] != "held"):
        return asked
    instead = f"/apps/{name}/deploy?digest={foreseen.plan['digest']}"
    return replace(
        asked,
        title=f"Deploy {foreseen.name if foreseen.plan['digest'] else ''} to {name}?",
        is_possible=False,
        says=(),
        instead=("Deploy it all the same…", instead) if problem["code"] == "held" else None,
    )


def _foreseen(name: str, wanted: Wanted) -> Foresight:
    """Return what a deployment would do; the registry is asked for a tag alone."""
    bridge = current_bridge()
    apps = visible_apps()
    plan = plan_view(bridge.store, bridge.registry, apps, name=name, wanted=wanted)
    with bridge.store.read() as connection:
        return foresight(connection, plan)


def _tag_says(foreseen: Foresight, tag: str | None) -> list[str]:
    if not tag or tag == foreseen.name:
        return []
    return [f"{tag} means {foreseen.name} at the registry now."]


def _held_says(foreseen: Foresight) -> list[str]:
    if foreseen.held is None:
        return []
    return [f"This digest is held: it was {foreseen.held}. Deploying it lifts the hold."]
