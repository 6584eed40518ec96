# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON API under /api/v1: the same reads and actions as the command line, behind a token."""

from __future__ import annotations

import time

from flask import Blueprint, Response

from webhook_bridge.config.app import App
from webhook_bridge.domain.releases import Release
from webhook_bridge.operations import app_serializers, deploy, inventory, reconcile, serializers
from webhook_bridge.operations.cancel import cancel
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.holds import hold, unhold
from webhook_bridge.operations.plan import Wanted, plan_view
from webhook_bridge.operations.rollback import rollback
from webhook_bridge.operations.tag_review import tags_view
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import places, runs
from webhook_bridge.web.api_models import apps, asked, plan, releases
from webhook_bridge.web.api_models import runs as run_models
from webhook_bridge.web.api_operation import View, operation
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.current import current_actor, current_bridge
from webhook_bridge.web.log_file import log_response
from webhook_bridge.web.paging import listed
from webhook_bridge.web.thread_share import asks_registry

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("/apps")
@operation("Apps", apps.AppList)
def list_apps() -> View:
    """List the apps.

    All that are declared, or those that the token is for: what should run, what runs where, how the
    last observation of the hosts ended, what is going on.
    """
    bridge, caller = current_bridge(), current_caller()
    declared = bridge.apps.current()
    seen = {name: app for name, app in declared.items() if caller.may("read", name)}
    with bridge.store.read() as connection:
        return {"apps": app_serializers.app_views(connection, seen)}


@blueprint.get("/apps/<name>")
@operation("Apps", apps.App)
def show_app(name: str) -> View:
    """Show one app."""
    bridge = current_bridge()
    app = _app(name)
    with bridge.store.read() as connection:
        return app_serializers.app_view(connection, name, app)


@blueprint.get("/apps/<name>/tags")
@operation("Apps", apps.TagList, query=asked.LimitQuery, refusals=(409, 503))
@asks_registry
def show_tags(name: str, limit: int) -> View:
    """Show what the app's rule makes of the tags at its registry.

    Those that it takes come first, the newest first, and then the others, each with the reason why
    not.
    """
    bridge = current_bridge()
    app = _app(name)
    return tags_view(bridge.store, bridge.registry, name=name, app=app, limit=limit)


@blueprint.get("/apps/<name>/plan")
@operation("Apps", plan.Plan, query=asked.PlanQuery, refusals=(409, 503))
def show_plan(name: str, tag: str | None, digest: str | None, *, same: bool) -> View:
    """Say what a deployment would do.

    Of a tag, of a digest, of what is desired already, or of what the tracked tag means now, host by
    host. Nothing is changed and no host is asked; the registry is asked for a tag alone.
    """
    bridge = current_bridge()
    wanted = Wanted(tag, digest, same)
    declared = bridge.apps.current()
    _app(name)
    return plan_view(bridge.store, bridge.registry, declared, name=name, wanted=wanted)


@blueprint.post("/apps/<name>/deploy")
@operation("Apps", releases.ReleaseStarted, body=asked.DeployBody, status=202, refusals=(409, 503))
@asks_registry
def deploy_app(name: str, tag: str | None, digest: str | None, *, force: bool, same: bool) -> View:
    """Deploy a tag, a digest, or what the tracked tag means now.

    A run follows. With `same`, the release that is desired already, with the options that it has by
    now; with `force`, also a tag whose digest is held, which is refused with 409 `held` else.
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
@operation("Apps", releases.ReleaseStarted, body=asked.RollbackBody, status=202, refusals=(409,))
def roll_back_app(name: str, to: str | None) -> View:
    """Go back to the release before, or to another one.

    A run follows; the digest that is left is held.
    """
    bridge = current_bridge()
    declared = bridge.apps.current()
    return _started(rollback(bridge.store, declared, name=name, actor=current_actor(), to=to))


@blueprint.get("/apps/<name>/releases")
@operation("Apps", releases.ReleaseList, query=asked.ReleasesQuery)
def list_releases(name: str, limit: int, after: int | None) -> View:
    """List the releases of an app, the newest first.

    Who or what brought each, when, from which tag, what became of it, and why its digest is held.
    """
    bridge = current_bridge()
    _app(name)
    with bridge.store.read() as connection:
        found = serializers.releases_view(connection, name, before=after, limit=limit + 1)
        return listed(
            "releases",
            found,
            limit=limit,
            letter="l",
            seq=lambda one: places.seq_of(connection, "release", one["id"]),
        )


@blueprint.post("/apps/<name>/holds")
@operation("Apps", releases.Held, body=asked.HoldBody, refusals=(409,))
def hold_digest(name: str, digest: str | None, reason: str | None) -> View:
    """Hold a digest, or the one that is desired.

    No host is changed by that; neither a push nor polling deploys the digest any more.
    """
    bridge = current_bridge()
    app = _app(name)
    found = hold(
        bridge.store,
        name=name,
        image=str(app.image),
        actor=current_actor(),
        start_of_digest=digest,
        why=reason,
    )
    return {"app": name, "digest": found}


@blueprint.delete("/apps/<name>/holds/<digest>")
@operation("Apps", releases.HoldLifted)
def unhold_digest(name: str, digest: str) -> View:
    """Lift the hold on a digest, or on the one that starts so.

    Nothing is deployed by that.
    """
    bridge = current_bridge()
    _app(name)
    found = unhold(bridge.store, name=name, start_of_digest=digest, actor=current_actor())
    return {"app": name, "digest": found}


@blueprint.post("/apps/<name>/reconcile")
@operation("Apps", apps.Reconciling, status=202, refusals=(409,))
def reconcile_app(name: str) -> View:
    """Look at an app's hosts, and bring those that differ up to date.

    409 `rollout_active`, `not_settled` or `never_deployed` where there is nothing to look at now.
    """
    bridge = current_bridge()
    app = _app(name)
    reconcile.reconcile(bridge.store, name, actor=current_actor(), now=time.time())
    bridge.dispatcher.wake()
    with bridge.store.read() as connection:
        return {"app": app_serializers.app_view(connection, name, app)}


@blueprint.get("/inventory")
@operation("Inventory", apps.InventoryList)
def show_inventory() -> View:
    """Show the hosts of each app, as the inventory was read last."""
    bridge, caller = current_bridge(), current_caller()
    names = [name for name in sorted(bridge.apps.current()) if caller.may("read", name)]
    with bridge.store.read() as connection:
        found = inventory.inventory_views(connection, names)
    return {"inventory": found}


@blueprint.post("/apps/<name>/inventory/confirm")
@operation("Inventory", apps.AppInventory, refusals=(409,))
def confirm_inventory(name: str) -> View:
    """Believe that the hosts which the inventory has lost are gone for good.

    409 `nothing_lost` where it has lost none that is in doubt.
    """
    bridge = current_bridge()
    _app(name)
    left = inventory.confirm(bridge.store, name, actor=current_actor(), now=time.time())
    return inventory.inventory_view(name, left)


@blueprint.get("/runs")
@operation("Runs", run_models.RunList, query=asked.RunsQuery)
def list_runs(app: str | None, limit: int, after: int | None) -> View:
    """List the runs, the newest first."""
    with current_bridge().store.read() as connection:
        found = runs.latest(
            connection, app=app, apps=current_caller().apps, before=after, limit=limit + 1
        )
        return listed(
            "runs",
            serializers.runs_view(connection, found),
            limit=limit,
            letter="r",
            seq=lambda one: places.seq_of(connection, "run", one["id"]),
        )


@blueprint.get("/runs/<start_of_id>")
@operation("Runs", run_models.RunDetails)
def show_run(start_of_id: str) -> View:
    """Show one run: its outcomes, the steps of each host, and where the time went.

    While it goes on, it shows what hosts have reported so far.
    """
    with current_bridge().store.read() as connection:
        return serializers.run_details(connection, serializers.one_run(connection, start_of_id))


@blueprint.post("/runs/<start_of_id>/cancel")
@operation("Runs", run_models.RunCanceled, status=202, refusals=(409,))
def cancel_run(start_of_id: str) -> View:
    """End a run after the batch that it is in.

    409 `run_ended` where it has ended already.
    """
    run = cancel(current_bridge().store, start_of_id=start_of_id, actor=current_actor())
    return {"run": serializers.run_view(run)}


@blueprint.get("/runs/<start_of_id>/log")
@operation("Runs", media="text/plain", refusals=(416,))
def show_log(start_of_id: str) -> Response:
    """Show what Ansible printed in a run so far, as text.

    With `Range: bytes=1000-` or `bytes=-1000` (the last ones), a part of it.
    """
    bridge = current_bridge()
    with bridge.store.read() as connection:
        run = serializers.one_run(connection, start_of_id)
    return log_response(RunFiles.of(bridge.settings.state_dir, run.id).log)


def _app(name: str) -> App:
    """Return a declared app; raise NotFound, which says where one that left the file still runs."""
    bridge = current_bridge()
    return declared_app(bridge.store, bridge.apps.current(), name)


def _started(release: Release) -> View:
    current_bridge().dispatcher.wake()
    return {"release": serializers.release_view(release)}
