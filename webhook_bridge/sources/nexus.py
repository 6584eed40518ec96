# SPDX-License-Identifier: GPL-3.0-or-later
"""Sonatype Nexus Repository's webhooks of a repository's components and assets.

Facts: help.sonatype.com "Webhooks"; sonatype/nexus-public WebhookServiceImpl: HMAC over SHA-1, one
attempt. The payload names neither host nor port, and each repository has its own: the hook's table
says which registry a repository is. Which action a tag that is pushed again has is not documented,
so a component may be created or updated, and a manifest among the assets counts as well.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from webhook_bridge.authentication import HmacSignature, Scheme
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_ACTIONS = frozenset({"CREATED", "UPDATED"})
_MANIFEST = re.compile(r"/?v2/(?P<name>[^:]+)/manifests/(?P<tag>[^/]+)")


class Nexus(Source):
    """A repository's events; `registry` is where the repositories are that are not listed."""

    source: Literal["nexus"]
    registries: dict[str, RegistryHost] = Field(default_factory=dict)
    """Registry by the name of the repository in Nexus."""

    @property
    def scheme(self) -> Scheme:
        """The only one it has."""
        return HmacSignature("X-Nexus-Webhook-Signature", algorithm="sha1")

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the id of the delivery."""
        return identifier(received.word("X-Nexus-Webhook-Delivery"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of a component, or of an asset that is a manifest."""
        payload = parse_object(received.body)
        thing = payload.get("component") or payload.get("asset")
        action, repository = payload.get("action"), payload.get("repositoryName")
        if not isinstance(thing, dict) or not isinstance(repository, str):
            return [unexpected_shape("The body has no 'component' or 'asset' of a repository")]
        if not isinstance(action, str) or action not in _ACTIONS:
            return [NotAPush("not_a_push", f"The action is {shown(action)}.")]
        if thing.get("format") != "docker":
            return [NotAPush("not_an_image", f"The format is {shown(thing.get('format'))}.")]
        registry = self.registries.get(repository, self.registry)
        if registry is None:
            return [_unknown(repository)]
        return [_read_thing(thing, is_asset="component" not in payload, registry=registry)]


def _read_thing(thing: dict[str, object], *, is_asset: bool, registry: str) -> Push | NotAPush:
    name, tag = thing.get("name"), thing.get("version")
    if is_asset:
        match = _MANIFEST.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            return NotAPush("not_an_image", f"The asset {shown(name)} is not a manifest.")
        name, tag = match["name"], match["tag"]
    return push_of(repository=name, tag=tag, registry=registry)


def _unknown(repository: str) -> NotAPush:
    return NotAPush(
        "not_configured",
        f"The hook's table has neither registries.{shown(repository)} nor registry: "
        "say there where the images of that repository are pulled from.",
    )
