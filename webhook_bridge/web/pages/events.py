# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened and who caused it: a list, and an export as JSON lines."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from flask import Response

from webhook_bridge.domain.events import KINDS, WantedEvents
from webhook_bridge.operations.event_serializers import event_view, events_before
from webhook_bridge.operations.parameters import one_of, whole_number
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import page_blueprint, visible_apps, visitor
from webhook_bridge.web.pages.asked import MOMENT, TEXT, optional, written
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.shows import every_commit
from webhook_bridge.web.questions import Parameter, takes

blueprint = page_blueprint("event_pages")
_A_PAGE = 100
_MOST_EXPORTED = 10_000
_FILTERS: dict[str, Any] = {
    "app": TEXT,
    "actor": TEXT,
    "kind": Parameter(optional(one_of(KINDS))),
    "since": MOMENT,
}
_BEFORE = Parameter(optional(whole_number(1, 999_999_999)))


@blueprint.get("/events")
@takes(before=_BEFORE, **_FILTERS)
@live(every_commit)
def list_events(before: int | None, **asked: Any) -> Page:
    """What happened, the newest first."""
    with current_bridge().store.read() as connection:
        found = events_before(connection, _wanted(asked), before=before, limit=_A_PAGE + 1)
    given = _given()
    more = found[_A_PAGE - 1].seq if len(found) > _A_PAGE else None
    values = {
        "events": found[:_A_PAGE],
        "given": written(_FILTERS),
        "query": urlencode(given),
        "next": more and "/events?" + urlencode({**given, "before": more}),
        "is_first": before is None,
        "kinds": KINDS,
        "apps": sorted(visible_apps()),
        "kept": current_bridge().settings.retention.events,
        "most_exported": _MOST_EXPORTED,
    }
    return Page("events.html", "Events", values, here="events")


@blueprint.get("/events.jsonl")
@takes(**_FILTERS)
def export_events(**asked: Any) -> Response:
    """The newest 10 000 of the same, one JSON object a line."""
    with current_bridge().store.read() as connection:
        found = events_before(connection, _wanted(asked), before=None, limit=_MOST_EXPORTED)
    lines = "".join(json.dumps(event_view(one)) + "\n" for one in found)
    response = Response(lines, mimetype="application/jsonl")
    response.headers["Content-Disposition"] = 'attachment; filename="longshore-events.jsonl"'
    return response


def _wanted(asked: dict[str, Any]) -> WantedEvents:
    """Return what is asked for; of whoever may see some apps alone, about these."""
    only = None if visitor().may("read") else frozenset(visible_apps())
    return WantedEvents(
        asked["app"], asked["actor"], asked["kind"], asked["since"] or 0.0, apps=only
    )


def _given() -> dict[str, str]:
    """Return what was asked, as it was written: for forms and links that go on asking it."""
    return {name: value for name, value in written(_FILTERS).items() if value}
