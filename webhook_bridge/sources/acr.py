# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Container Registry's webhooks: one event a request, of the distribution kind.

Facts: MicrosoftDocs/azure-docs container-registry-webhook-reference.md @1862b230: headers of
one's own and no signature; a delivery is tried once (Azure/acr#681). Removing only a tag sends
nothing.
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.sources.base import RegistryHost
from webhook_bridge.sources.distribution import read_event
from webhook_bridge.sources.json_paths import id_at
from webhook_bridge.sources.pushes import NotAPush, Push, unexpected_shape
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_CHART_ACTIONS = frozenset({"chart_push"})


class AzureContainerRegistry(StaticHeader):
    """Events of one registry, or of one scope in it."""

    source: Literal["acr"]
    registry: RegistryHost

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the event's id."""
        return id_at(received, "id")

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return what the one event claims."""
        payload = parse_object(received.body)
        action = payload.get("action")
        if not isinstance(action, str):
            return [unexpected_shape("The body has no 'action'")]
        if action == "ping":
            return [NotAPush("not_a_push", "Azure's ping: the webhook is set up.")]
        if action in _CHART_ACTIONS:
            return [NotAPush("not_an_image", "A Helm chart was pushed.")]
        return [read_event(payload)]
