# SPDX-License-Identifier: GPL-3.0-or-later
"""Gitea's and Forgejo's package webhooks.

Facts: go-gitea/gitea modules/structs/{hook,package}.go, services/webhook/deliver.go and
routers/api/packages/container/: the version is a tag, or ``sha256:…`` for a manifest pushed by its
digest; no digest for a tag, no registry. Tried once. Both also send ``X-GitHub-*`` headers, and
empty signatures where no secret is set.
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.authentication import HmacSignature, Scheme
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.json_paths import at, joined
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object


class Gitea(Source):
    """The event ``package`` of a repository, an organisation, a user or the whole instance."""

    source: Literal["gitea", "forgejo"]
    registry: RegistryHost

    @property
    def scheme(self) -> Scheme:
        """Forgejo sends this header too."""
        return HmacSignature("X-Gitea-Signature")

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the id of the delivery."""
        return identifier(received.word("X-Gitea-Delivery"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the package's version."""
        payload = parse_object(received.body)
        event = received.word("X-Gitea-Event") or received.word("X-Forgejo-Event")
        if event is not None and event != "package":
            return [NotAPush("not_a_push", f"The event is {shown(event)}, not 'package'.")]
        package = payload.get("package")
        if not isinstance(package, dict):
            return [unexpected_shape("The body has no object 'package'")]
        if payload.get("action") != "created":
            return [NotAPush("not_a_push", f"The action is {shown(payload.get('action'))}.")]
        if package.get("type") != "container":
            kind = shown(package.get("type"))
            return [NotAPush("not_an_image", f"The package is of type {kind}.")]
        return [_read_container(package)]


def _read_container(package: dict[str, object]) -> Push | NotAPush:
    owner = package.get("owner")
    login = at(owner, "login") or at(owner, "username") or at(owner, "user_name")
    repository, version = joined(login, package.get("name")), package.get("version")
    return push_of(repository=repository.lower() if repository else None, tag=version)
