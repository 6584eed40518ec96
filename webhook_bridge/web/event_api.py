# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the JSON API that tells what happened, and who caused it."""

from __future__ import annotations

from flask import Blueprint

from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.operations.event_serializers import events_view
from webhook_bridge.web.api_models.asked import EventsQuery
from webhook_bridge.web.api_models.events import EventList
from webhook_bridge.web.api_operation import View, operation
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.paging import listed

blueprint = Blueprint("event_api", __name__, url_prefix="/api/v1")


@blueprint.get("/events")
@operation("Events", EventList, query=EventsQuery)
def list_events(
    app: str | None,
    actor: str | None,
    kind: str | None,
    since: float,
    after: tuple[int | None, int | None],
    limit: int,
) -> View:
    """List what happened and who caused it, the newest first.

    With the seq of a known event in `after`, what came after that one, the oldest first.
    """
    newer_than, older_than = after
    wanted = WantedEvents(app, actor, kind, since, newer_than, current_caller().apps)
    with current_bridge().store.read() as connection:
        found = events_view(connection, wanted, before=older_than, limit=limit + 1)
    view = listed("events", found, limit=limit, letter="e", seq=lambda one: int(one["seq"]))
    if newer_than is not None and view["next"] is not None:
        view["next"] = str(view["events"][-1]["seq"])
    return view
