# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications of the CNCF distribution registry, versions 2 and 3, and of GitLab's fork.

Facts: distribution/distribution docs/content/about/notifications.md and notifications/ @0d6b721d.
The registry sends one request after the other and repeats one for ever that is not answered with
2xx or 3xx: whatever authenticates is therefore accepted, and gets a verdict instead of an error.
Its event comes before the tag is written (distribution/distribution#2625).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.authentication import bearer_token, secret_matches
from webhook_bridge.references import shown
from webhook_bridge.sources.base import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_MANIFEST_MEDIA_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)


@dataclass(frozen=True)
class Distribution:
    """Events of a registry of one's own."""

    name: str = "distribution"
    registry: str | None = None
    secret_in: Literal["path", "header"] = "header"  # noqa: S105 - a place, no secret
    always_accepts: bool = True
    content_types: frozenset[str] = frozenset(
        {
            "application/vnd.docker.distribution.events.v1+json",  # 2.x
            "application/vnd.docker.distribution.events.v2+json",  # 3.x
            "application/json",
        }
    )

    def authenticate(self, headers: Mapping[str, str], secrets: Sequence[bytes]) -> bool:
        """Compare the token of ``Authorization: Bearer``, a static header of the endpoint."""
        return secret_matches(bearer_token(headers), secrets)

    def read(self, body: bytes) -> list[Push | NotAPush]:
        """Return what each event claims. 2.x may put several events into one envelope."""
        events = parse_object(body).get("events")
        if not isinstance(events, list):
            return [unexpected_shape("The body has no list 'events'")]
        if not events:
            return [NotAPush("not_a_push", "The list 'events' is empty.")]
        return list(dict.fromkeys(map(_read_event, events)))


def _read_event(event: object) -> Push | NotAPush:
    if not isinstance(event, dict):
        return unexpected_shape("An entry of 'events' is not an object")
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
