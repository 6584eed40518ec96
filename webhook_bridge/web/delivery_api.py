# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the JSON API that is about what the hooks received."""

from __future__ import annotations

import time

from flask import Blueprint, Response, jsonify, request

from webhook_bridge.delivery_views import (
    delivery_details,
    delivery_view,
    one_delivery,
    rejected_view,
)
from webhook_bridge.errors import Refused
from webhook_bridge.moments import parse_since
from webhook_bridge.redelivery import redeliver, rehearse
from webhook_bridge.store import deliveries, rejected
from webhook_bridge.store.deliveries import WAITING, Wanted
from webhook_bridge.verdicts import VERDICTS
from webhook_bridge.web.api import limit
from webhook_bridge.web.current import current_bridge

blueprint = Blueprint("delivery_api", __name__, url_prefix="/api/v1")


@blueprint.get("/deliveries")
def list_deliveries() -> Response:
    """The newest deliveries, of one `hook`, with one `verdict`, not older than `since`."""
    wanted = Wanted(request.args.get("hook"), _verdict(), _since())
    with current_bridge().store.read() as connection:
        found = deliveries.matching(connection, wanted, limit=limit())
    return jsonify({"deliveries": [delivery_view(one) for one in found]})


@blueprint.get("/deliveries/<start_of_id>")
def show_delivery(start_of_id: str) -> Response:
    """One delivery: as it came, its verdict, and what it led to."""
    with current_bridge().store.read() as connection:
        return jsonify(delivery_details(connection, one_delivery(connection, start_of_id)))


@blueprint.post("/deliveries/<start_of_id>/redeliver")
def redeliver_delivery(start_of_id: str) -> Response:
    """Take it in once more; with `?dry_run=1`, only say what its verdict would be now."""
    bridge = current_bridge()
    with bridge.store.read() as connection:
        original = one_delivery(connection, start_of_id)
    if request.args.get("dry_run") == "1":
        foreseen = rehearse(
            bridge.store,
            original,
            hooks=bridge.settings.hooks,
            apps=bridge.apps.current(),
            registry=bridge.registry,
            patience=bridge.settings.deploy.registry_patience,
        )
        return jsonify({"verdict": foreseen.code, "detail": foreseen.detail})
    identifier = redeliver(bridge.store, original)
    bridge.intake.wake()
    response = jsonify({"delivery": identifier})
    response.status_code = 202
    return response


@blueprint.get("/rejected")
def list_rejected() -> Response:
    """The newest requests that hooks, or the API for want of its token, refused."""
    hook = request.args.get("hook")
    with current_bridge().store.read() as connection:
        found = rejected.latest(connection, hook=hook, since=_since(), limit=limit())
    return jsonify({"rejected": [rejected_view(one) for one in found]})


def _since() -> float:
    text = request.args.get("since")
    try:
        return 0.0 if text is None else parse_since(text, now=time.time())
    except ValueError as error:
        raise Refused("malformed", f"since: {text!r} {error}") from None


def _verdict() -> str | None:
    verdict = request.args.get("verdict")
    if verdict is not None and verdict not in VERDICTS and verdict != WAITING:
        allowed = ", ".join([*VERDICTS, WAITING])
        raise Refused("malformed", f"verdict: {verdict!r} is none; allowed: {allowed}")
    return verdict
