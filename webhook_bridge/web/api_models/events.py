# SPDX-License-Identifier: GPL-3.0-or-later
"""Events in answers: what happened, and who caused it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from webhook_bridge.domain.events import EventKind
from webhook_bridge.web.api_models.fields import (
    Actor,
    Answer,
    AppName,
    Cursor,
    Host,
    Identifier,
    Time,
    word_of,
)


class Event(Answer):
    """One thing that happened."""

    seq: Annotated[int, Field(examples=[42], description="orders all events")]
    at: Time
    kind: Annotated[str, word_of(EventKind)]
    actor: Actor
    app: AppName | None
    release: Identifier | None
    run: Identifier | None
    host: Host | None
    delivery: Identifier | None
    data: Annotated[dict[str, Any], Field(examples=[{"tag": "1.4.2"}])]


class EventList(Answer):
    """Events, the newest first; after a seq, the oldest first."""

    events: list[Event]
    next: Cursor | None
