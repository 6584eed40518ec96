# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the JSON API that is about what the hooks received."""

from __future__ import annotations

from flask import Blueprint

from webhook_bridge.domain.deliveries import Delivery, Wanted
from webhook_bridge.operations import redelivery
from webhook_bridge.operations.delivery_serializers import (
    delivery_details,
    delivery_view,
    one_delivery,
    rejected_view,
)
from webhook_bridge.store import deliveries, places, rejected
from webhook_bridge.web.api_models import asked
from webhook_bridge.web.api_models import deliveries as models
from webhook_bridge.web.api_operation import View, operation
from webhook_bridge.web.current import current_actor, current_bridge
from webhook_bridge.web.paging import listed
from webhook_bridge.web.thread_share import asks_registry

blueprint = Blueprint("delivery_api", __name__, url_prefix="/api/v1")


@blueprint.get("/deliveries")
@operation("Deliveries", models.DeliveryList, query=asked.DeliveriesQuery)
def list_deliveries(
    hook: str | None, verdict: str | None, since: float, limit: int, after: int | None
) -> View:
    """List what hooks received, the newest first, each with its verdict."""
    wanted = Wanted(hook, verdict, since)
    with current_bridge().store.read() as connection:
        found = deliveries.matching(connection, wanted, before=after, limit=limit + 1)
        return listed(
            "deliveries",
            [delivery_view(one) for one in found],
            limit=limit,
            letter="d",
            seq=lambda one: places.seq_of(connection, "delivery", one["id"]),
        )


@blueprint.get("/deliveries/<start_of_id>")
@operation("Deliveries", models.DeliveryDetails)
def show_delivery(start_of_id: str) -> View:
    """Show one delivery: as it came, its verdict, and what it led to."""
    with current_bridge().store.read() as connection:
        return delivery_details(connection, one_delivery(connection, start_of_id))


@blueprint.post("/deliveries/<start_of_id>/redeliver")
@operation(
    "Deliveries",
    {202: models.Redelivered, 200: models.ForeseenVerdict},
    query=asked.RedeliverQuery,
    status=202,
    refusals=(409, 503),
)
def redeliver_delivery(start_of_id: str, *, dry_run: bool) -> View | tuple[View, int]:
    """Take a delivery in once more.

    With `dry_run`, only say what its verdict would be now; nothing is stored.
    """
    bridge = current_bridge()
    with bridge.store.read() as connection:
        original = one_delivery(connection, start_of_id)
    if dry_run:
        return _foreseen(original), 200
    identifier = redelivery.redeliver(bridge.store, original, actor=current_actor())
    bridge.intake.wake()
    return {"delivery": identifier}


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
@operation("Deliveries", models.RejectedList, query=asked.RejectedQuery)
def list_rejected(hook: str | None, since: float, limit: int, after: int | None) -> View:
    """List the requests that hooks, the API or signing in refused, the newest first."""
    with current_bridge().store.read() as connection:
        found = rejected.latest(connection, hook=hook, since=since, before=after, limit=limit + 1)
        return listed(
            "rejected",
            [rejected_view(one) for one in found],
            limit=limit,
            letter="j",
            seq=lambda one: places.seq_of(connection, "rejected", one["id"]),
        )
