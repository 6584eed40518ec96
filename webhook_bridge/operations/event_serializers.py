# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of events."""

from __future__ import annotations

from sqlalchemy import Connection

from webhook_bridge.domain.events import Event, WantedEvents
from webhook_bridge.domain.verdicts import short
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import events


def event_view(event: Event) -> View:
    """Return an event."""
    return {
        "seq": event.seq,
        "at": timestamp(event.at),
        "kind": event.kind,
        "actor": event.actor,
        "app": event.app,
        "release": event.release,
        "run": event.run,
        "host": event.host,
        "delivery": event.delivery,
        "data": dict(event.data),
    }


def value_text(value: object) -> str:
    """Return what people are shown of a value of an event's data: one line, digests cut short."""
    if isinstance(value, dict):
        return " ".join(f"{key}: {one}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = str(value).partition("\n")[0]
    return short(text) if text.startswith("sha256:") else text


def events_view(
    connection: Connection, wanted: WantedEvents, *, before: int | None = None, limit: int
) -> list[View]:
    """Return the events that are wanted; with `before`, a seq, only those that came earlier."""
    found = events.matching(connection, wanted, before=before, limit=limit)
    return [event_view(one) for one in found]


def events_before(
    connection: Connection, wanted: WantedEvents, *, before: int | None, limit: int
) -> list[Event]:
    """Return the newest events that are wanted, of those before a seq."""
    return events.matching(connection, wanted, limit=limit, before=before)
