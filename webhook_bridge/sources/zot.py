# SPDX-License-Identifier: GPL-3.0-or-later
"""Zot's events: CloudEvents in binary mode, so what happened stands in the headers only.

Facts: project-zot/zot pkg/extensions/events/ @6d19b445: sent after the tag is written, once, in no
order; with a user and password, a token, or headers of one's own. identity_test.go @b689b062 and
zotregistry.dev "Event Support for zot" (2.1.21): ``typePrefix`` takes the place of ``zotregistry``
before ``.image.updated``, so what stands before the event's own words is not looked at.
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.artifacts import artifact
from webhook_bridge.sources.base import RegistryHost
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_UPDATED = ".image.updated"


class Zot(StaticHeader):
    """The http sink of the extension ``events``."""

    source: Literal["zot"]
    registry: RegistryHost

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the event's id."""
        return identifier(received.word("Ce-Id"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event; without a type, its body is a hint all the same."""
        payload = parse_object(received.body)
        kind = received.word("Ce-Type")
        if received.header("Ce-Type") and not f".{kind}".endswith(_UPDATED):
            return [NotAPush("not_a_push", f"The event is {shown(kind)}, not 'image.updated'.")]
        return [read_update(payload)]


def read_update(data: dict[str, object]) -> Push | NotAPush:
    """Return the push of an updated image."""
    if "name" not in data or "reference" not in data:
        return unexpected_shape("The body has no 'name' and 'reference'")
    kind = artifact(data.get("mediaType"))
    if kind:
        return NotAPush("not_an_image", f"{kind} was pushed.")
    return push_of(repository=data["name"], tag=data["reference"], digest=data.get("digest"))
