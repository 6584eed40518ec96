# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the JSON API that tells what happened, and who caused it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webhook_bridge.domain.events import KINDS, WantedEvents
from webhook_bridge.operations.event_serializers import events_view
from webhook_bridge.operations.parameters import moment, one_of, whole_number
from webhook_bridge.web.callers import current_caller
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.questions import LIMIT, NAME, Parameter, takes

blueprint = Blueprint("event_api", __name__, url_prefix="/api/v1")
_AFTER = Parameter(whole_number(0, 999_999_999))


@blueprint.get("/events")
@takes(
    app=NAME,
    actor=NAME,
    kind=Parameter(one_of(KINDS)),
    since=Parameter(moment, default=0.0),
    after=_AFTER,
    limit=LIMIT,
)
def list_events(
    app: str | None,
    actor: str | None,
    kind: str | None,
    since: float,
    after: int | None,
    limit: int,
) -> Response:
    """The newest events, the newest first; those `after` a seq, the oldest first."""
    wanted = WantedEvents(app, actor, kind, since, after, current_caller().apps)
    with current_bridge().store.read() as connection:
        found = events_view(connection, wanted, limit=limit)
    return jsonify({"events": found})
