# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON API under /api/v1: the same reads and actions as the command line, behind a token."""

from __future__ import annotations

import time

from flask import Blueprint, Response, jsonify

from webhook_bridge.config.apps import find_app
from webhook_bridge.domain.releases import Release
from webhook_bridge.operations import app_serializers, deploy, inventory, reconcile, serializers
from webhook_bridge.operations.cancel import cancel
from webhook_bridge.operations.holds import unhold
from webhook_bridge.operations.parameters import flag, short_text
from webhook_bridge.operations.plan import Wanted, plan_view
from webhook_bridge.operations.rollback import rollback
from webhook_bridge.operations.tag_review import tags_view
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import runs
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.current import current_actor, current_bridge
from webhook_bridge.web.log_file import log_response
from webhook_bridge.web.questions import LIMIT, NAME, Parameter, takes
from webhook_bridge.web.thread_share import asks_registry

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/apps")
def list_apps() -> Response:
    """All declared apps, or those that the token is for."""
    bridge, caller = current_bridge(), current_caller()
    declared = bridge.apps.current()
    seen = {name: app for name, app in declared.items() if caller.may("read", name)}
    with bridge.store.read() as connection:
        return jsonify({"apps": app_serializers.app_views(connection, seen)})


@blueprint.get("/apps/<name>")
def show_app(name: str) -> Response:
    """One app."""
    bridge = current_bridge()
    app = find_app(bridge.apps.current(), name)
    with bridge.store.read() as connection:
        return jsonify(app_serializers.app_view(connection, name, app))


@blueprint.get("/apps/<name>/tags")
@takes(limit=LIMIT)
@asks_registry
def show_tags(name: str, limit: int) -> Response:
    """What the app's rule makes of the tags at its registry."""
    bridge = current_bridge()
    app = find_app(bridge.apps.current(), name)
    view = tags_view(bridge.store, bridge.registry, name=name, app=app, limit=limit)
    return jsonify(view)


@blueprint.get("/apps/<name>/plan")
@takes(
    tag=Parameter(short_text, default=None),
    digest=Parameter(short_text, default=None),
    same=Parameter(flag, default=False),
)
def show_plan(name: str, tag: str | None, digest: str | None, *, same: bool) -> Response:
    """What a deployment with these words would do; nothing is changed, and no host is asked."""
    bridge = current_bridge()
    wanted = Wanted(tag, digest, same)
    apps = bridge.apps.current()
    find_app(apps, name)
    return jsonify(plan_view(bridge.store, bridge.registry, apps, name=name, wanted=wanted))


@blueprint.post("/apps/<name>/deploy")
@takes(body=("tag", "digest"), flags=("force", "same"))
@asks_registry
def deploy_app(
    name: str, tag: str | None, digest: str | None, *, force: bool, same: bool
) -> Response:
    """Deploy `{"tag": …}`, `{"digest": …}`, or what the tracked tag means now.

    With `{"same": true}` the release that is desired already, with the options that it has by now;
    with `{"force": true}` also what a tag means and is held.
    """
    bridge = current_bridge()
    release = deploy.deploy(
        bridge.store,
        bridge.registry,
        bridge.apps.current(),
        name=name,
        actor=current_actor(),
        tag=tag,
        digest=digest,
        force=force,
        same=same,
    )
    return _started(release)


@blueprint.post("/apps/<name>/rollback")
@takes(body=("to",))
def roll_back_app(name: str, to: str | None) -> Response:
    """Go back to the release before, or to that of `{"to": …}`, the start of its id or digest."""
    bridge = current_bridge()
    apps = bridge.apps.current()
    return _started(rollback(bridge.store, apps, name=name, actor=current_actor(), to=to))


@blueprint.get("/apps/<name>/releases")
@takes(limit=LIMIT)
def list_releases(name: str, limit: int) -> Response:
    """The newest releases of an app, who or what brought them, and what is held."""
    bridge = current_bridge()
    find_app(bridge.apps.current(), name)
    with bridge.store.read() as connection:
        return jsonify({"releases": serializers.releases_view(connection, name, limit=limit)})


@blueprint.delete("/apps/<name>/holds/<digest>")
def unhold_digest(name: str, digest: str) -> Response:
    """Lift the hold on a digest, or on the one that starts so; nothing is deployed by that."""
    bridge = current_bridge()
    find_app(bridge.apps.current(), name)
    found = unhold(bridge.store, name=name, start_of_digest=digest, actor=current_actor())
    return jsonify({"app": name, "digest": found})


@blueprint.post("/apps/<name>/reconcile")
def reconcile_app(name: str) -> Response:
    """Look at an app's hosts, and bring those that differ up to date."""
    bridge = current_bridge()
    app = find_app(bridge.apps.current(), name)
    reconcile.reconcile(bridge.store, name, actor=current_actor(), now=time.time())
    bridge.dispatcher.wake()
    with bridge.store.read() as connection:
        response = jsonify({"app": app_serializers.app_view(connection, name, app)})
    response.status_code = 202
    return response


@blueprint.get("/inventory")
def show_inventory() -> Response:
    """The hosts of each app, as the inventory was read last."""
    bridge, caller = current_bridge(), current_caller()
    names = [name for name in sorted(bridge.apps.current()) if caller.may("read", name)]
    with bridge.store.read() as connection:
        found = inventory.inventory_views(connection, names)
    return jsonify({"inventory": found})


@blueprint.post("/apps/<name>/inventory/confirm")
def confirm_inventory(name: str) -> Response:
    """Believe that the hosts which the inventory has lost are gone for good."""
    bridge = current_bridge()
    find_app(bridge.apps.current(), name)
    left = inventory.confirm(bridge.store, name, actor=current_actor(), now=time.time())
    return jsonify(inventory.inventory_view(name, left))


@blueprint.get("/runs")
@takes(app=NAME, limit=LIMIT)
def list_runs(app: str | None, limit: int) -> Response:
    """The newest runs, of one app if `app` is given."""
    with current_bridge().store.read() as connection:
        found = runs.latest(connection, app=app, apps=current_caller().apps, limit=limit)
        return jsonify({"runs": serializers.runs_view(connection, found)})


@blueprint.get("/runs/<start_of_id>")
def show_run(start_of_id: str) -> Response:
    """One run with its outcomes."""
    with current_bridge().store.read() as connection:
        return jsonify(
            serializers.run_details(connection, serializers.one_run(connection, start_of_id))
        )


@blueprint.post("/runs/<start_of_id>/cancel")
def cancel_run(start_of_id: str) -> Response:
    """End a run after the batch that it is in."""
    run = cancel(current_bridge().store, start_of_id=start_of_id, actor=current_actor())
    response = jsonify({"run": serializers.run_view(run)})
    response.status_code = 202
    return response


@blueprint.get("/runs/<start_of_id>/log")
def show_log(start_of_id: str) -> Response:
    """What Ansible printed in a run, as text; with `Range`, a part of it."""
    bridge = current_bridge()
    with bridge.store.read() as connection:
        run = serializers.one_run(connection, start_of_id)
    return log_response(RunFiles.of(bridge.settings.state_dir, run.id).log)


def _started(release: Release) -> Response:
    current_bridge().dispatcher.wake()
    response = jsonify({"release": serializers.release_view(release)})
    response.status_code = 202
    return response
