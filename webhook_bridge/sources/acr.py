# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Container Registry's events: one a request, of the distribution kind.

They come by its webhooks, or by Event Grid, which puts an envelope around the same event.

Facts: MicrosoftDocs/azure-docs container-registry-webhook-reference.md @1862b230: headers of
one's own and no signature; a delivery is tried once (Azure/acr#681). Removing only a tag sends
nothing. learn.microsoft.com/azure/event-grid/event-schema-container-registry: the schemas of Event
Grid (`eventType`) and CloudEvents (`type`), with the event in `data`.
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.sources.base import RegistryHost
from webhook_bridge.sources.distribution import read_event
from webhook_bridge.sources.json_paths import id_at, object_or_nothing
from webhook_bridge.sources.pushes import NotAPush, Push, unexpected_shape
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_OF_EVENT_GRID = "Microsoft.ContainerRegistry."
_CHART_ACTIONS = frozenset({"chart_push"})


class AzureContainerRegistry(StaticHeader):
    """Events of one registry, or of one scope in it."""

    source: Literal["acr"]
    registry: RegistryHost

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the event's id."""
        enveloped = _is_enveloped(object_or_nothing(received.body))
        return id_at(received, "data", "id") if enveloped else id_at(received, "id")

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return what the one event claims."""
        payload = parse_object(received.body)
        if _is_enveloped(payload):
            inside = payload.get("data")
            if not isinstance(inside, dict):
                return [unexpected_shape("The event of Event Grid has no object 'data'")]
            payload = inside
        action = payload.get("action")
        if not isinstance(action, str):
            return [unexpected_shape("The body has no 'action'")]
        if action == "ping":
            return [NotAPush("not_a_push", "Azure's ping: the webhook is set up.")]
        if action in _CHART_ACTIONS:
            return [NotAPush("not_an_image", "A Helm chart was pushed.")]
        return [read_event(payload)]


def _is_enveloped(payload: dict[str, object]) -> bool:
    """Say whether Event Grid sent it, in its own schema or as a CloudEvent."""
    kind = payload.get("eventType", payload.get("type"))
    return isinstance(kind, str) and kind.startswith(_OF_EVENT_GRID)
