# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications of the CNCF distribution registry, versions 2 and 3, and of GitLab's fork.

Facts: distribution/distribution docs/content/about/notifications.md and notifications/ @0d6b721d.
The registry sends one request after the other and repeats one for ever that is not answered with
2xx or 3xx: whatever authenticates is therefore accepted, and gets a verdict instead of an error.
Its event comes before the tag is written (distribution/distribution#2625).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import JSON, RegistryHost
from webhook_bridge.sources.json_paths import at, object_or_nothing
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_MANIFEST_MEDIA_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)


class Distribution(StaticHeader):
    """Events of a registry of one's own."""

    always_accepts: ClassVar[bool] = True
    content_types: ClassVar[frozenset[str]] = JSON | {
        "application/vnd.docker.distribution.events.v1+json",  # 2.x
        "application/vnd.docker.distribution.events.v2+json",  # 3.x
    }

    source: Literal["distribution"]
    registry: RegistryHost

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the event's id if the envelope has one event, as those of version 3 do."""
        events = object_or_nothing(received.body).get("events")
        if isinstance(events, list) and len(events) == 1:
            return identifier(at(events[0], "id"))
        return None

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return what each event claims."""
        return read_envelope(parse_object(received.body))


def read_envelope(payload: dict[str, object]) -> list[Push | NotAPush]:
    """Return what each event of an envelope claims. 2.x may put several into one."""
    events = payload.get("events")
    if not isinstance(events, list):
        return [unexpected_shape("The body has no list 'events'")]
    if not events:
        return [NotAPush("not_a_push", "The list 'events' is empty.")]
    return list(dict.fromkeys(map(read_event, events)))


def read_event(event: object) -> Push | NotAPush:
    """Return what one event claims."""
    if not isinstance(event, dict):
        return unexpected_shape("An event is not an object")
    action, target = event.get("action"), event.get("target")
    if action != "push":
        return NotAPush("not_a_push", f"The event's action is {shown(action)}, not 'push'.")
    if not isinstance(target, dict):
        return unexpected_shape("A push has no object 'target'")
    return _read_target(target)


def _read_target(target: dict[str, object]) -> Push | NotAPush:
    repository, media_type = target.get("repository"), target.get("mediaType")
    if not _may_be_a_manifest(media_type):
        return NotAPush(
            "not_an_image",
            f"{shown(media_type)} was pushed to {shown(repository)}: a layer or a "
            "configuration, not the manifest of an image.",
        )
    return push_of(repository=repository, tag=target.get("tag"), digest=target.get("digest"))


def _may_be_a_manifest(media_type: object) -> bool:
    """An event without a type is let through: only a manifest can carry the tag asked for next."""
    if isinstance(media_type, str):
        return media_type in _MANIFEST_MEDIA_TYPES or not media_type
    return media_type is None
