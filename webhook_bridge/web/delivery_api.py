# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the JSON API that is about what the hooks received."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webhook_bridge.domain.deliveries import WAITING, Delivery, Wanted
from webhook_bridge.domain.verdicts import VERDICTS
from webhook_bridge.operations import redelivery
from webhook_bridge.operations.delivery_serializers import (
    delivery_details,
    delivery_view,
    one_delivery,
    rejected_view,
)
from webhook_bridge.operations.parameters import flag, moment, one_of
from webhook_bridge.operations.serializers import View
from webhook_bridge.store import deliveries, rejected
from webhook_bridge.web.current import current_actor, current_bridge
from webhook_bridge.web.questions import LIMIT, NAME, Parameter, takes
from webhook_bridge.web.thread_share import asks_registry

blueprint = Blueprint("delivery_api", __name__, url_prefix="/api/v1")
_SINCE = Parameter(moment, default=0.0)


@blueprint.get("/deliveries")
@takes(hook=NAME, verdict=Parameter(one_of([*VERDICTS, WAITING])), since=_SINCE, limit=LIMIT)
def list_deliveries(hook: str | None, verdict: str | None, since: float, limit: int) -> Response:
    """The newest deliveries, of one `hook`, with one `verdict`, not older than `since`."""
    with current_bridge().store.read() as connection:
        found = deliveries.matching(connection, Wanted(hook, verdict, since), limit=limit)
    return jsonify({"deliveries": [delivery_view(one) for one in found]})


@blueprint.get("/deliveries/<start_of_id>")
def show_delivery(start_of_id: str) -> Response:
    """One delivery: as it came, its verdict, and what it led to."""
    with current_bridge().store.read() as connection:
        return jsonify(delivery_details(connection, one_delivery(connection, start_of_id)))


@blueprint.post("/deliveries/<start_of_id>/redeliver")
@takes(dry_run=Parameter(flag, default=False))
def redeliver_delivery(start_of_id: str, *, dry_run: bool) -> Response:
    """Take it in once more; with `?dry_run=true`, only say what its verdict would be now."""
    bridge = current_bridge()
    with bridge.store.read() as connection:
        original = one_delivery(connection, start_of_id)
    if dry_run:
        return jsonify(_foreseen(original))
    identifier = redelivery.redeliver(bridge.store, original, actor=current_actor())
    bridge.intake.wake()
    response = jsonify({"delivery": identifier})
    response.status_code = 202
    return response


@asks_registry
def _foreseen(original: Delivery) -> View:
    """Return what the verdict would be now."""
    bridge = current_bridge()
    foreseen = redelivery.dry_run(
        bridge.store,
        original,
        hooks=bridge.settings.hooks,
        apps=bridge.apps.current(),
        registry=bridge.registry,
        patience=bridge.settings.deploy.registry_patience,
    )
    return {"verdict": foreseen.code, "detail": foreseen.detail}


@blueprint.get("/rejected")
@takes(hook=NAME, since=_SINCE, limit=LIMIT)
def list_rejected(hook: str | None, since: float, limit: int) -> Response:
    """The newest requests that hooks, or the API for want of its token, refused."""
    with current_bridge().store.read() as connection:
        found = rejected.latest(connection, hook=hook, since=since, limit=limit)
    return jsonify({"rejected": [rejected_view(one) for one in found]})
