# SPDX-License-Identifier: GPL-3.0-or-later
"""Quay's repository notifications (quay.io and Project Quay): a repository and its new tags.

Facts: quay/quay notifications/ and workers/notificationworker @ffba0c70: no header but the content
type, so the secret is part of the URL; ten seconds; five tries, and after three that failed in a
row the notification is off until somebody turns it on again. So whatever came to the secret URL
is accepted. "Test Notification" sends tags that nobody pushed: the registry tells.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from webhook_bridge.authentication import PathSecret, Scheme
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.json_paths import joined
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object


class Quay(Source):
    """The event "Push to Repository"."""

    always_accepts: ClassVar[bool] = True

    source: Literal["quay"]
    registry: RegistryHost = "quay.io"

    @property
    def scheme(self) -> Scheme:
        """The URL is all that can be set."""
        return PathSecret()

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return a push for each tag; one request may name several."""
        payload = parse_object(received.body)
        repository = payload.get("repository")
        if repository is None:
            repository = joined(payload.get("namespace"), payload.get("name"))
        if repository is None:
            return [unexpected_shape("The body has no 'repository'")]
        tags = payload.get("updated_tags")
        if tags is None:
            return [NotAPush("not_a_push", "The event names no 'updated_tags'.")]
        if not isinstance(tags, list | dict):
            return [unexpected_shape("'updated_tags' is not a list")]
        if not tags:
            return [NotAPush("not_a_push", "The list 'updated_tags' is empty.")]
        return list(dict.fromkeys(push_of(repository=repository, tag=tag) for tag in tags))
