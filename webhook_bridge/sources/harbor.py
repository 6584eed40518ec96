# SPDX-License-Identifier: GPL-3.0-or-later
"""Harbor's project webhooks, in both payload formats: Default and CloudEvents.

Facts: goharbor/harbor src/pkg/notifier/ and src/jobservice @c50c7ddd. The header ``Authorization``
has exactly the text that the project's admin typed. A push without a tag has the digest in the
place of the tag. An image for two platforms gives three events, and a pull through a proxy cache
is a push to Harbor (goharbor/harbor#19982): asking the registry tells them apart.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from webhook_bridge.authentication import FixedHeader, Scheme
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import JSON, RegistryHost, Source
from webhook_bridge.sources.json_paths import at, joined, object_or_nothing
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_PUSHES = frozenset({"PUSH_ARTIFACT", "pushImage", "harbor.artifact.pushed"})
_CHARTS = frozenset({"UPLOAD_CHART", "uploadChart"})


class Harbor(Source):
    """Artifact events of one project."""

    content_types: ClassVar[frozenset[str]] = JSON | {"application/cloudevents+json"}

    source: Literal["harbor"]
    registry: RegistryHost

    @property
    def scheme(self) -> Scheme:
        """The project's "Auth Header", with or without a word before the secret."""
        return FixedHeader("Authorization")

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the id of a CloudEvent; the Default format has none."""
        payload = object_or_nothing(received.body)
        return identifier(payload.get("id")) if "specversion" in payload else None

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return what each artifact of the event claims."""
        payload = parse_object(received.body)
        kind = payload.get("type")
        if not isinstance(kind, str):
            return [unexpected_shape("The body has no 'type'")]
        if kind in _CHARTS:
            return [NotAPush("not_an_image", "A Helm chart was pushed.")]
        if kind not in _PUSHES:
            return [NotAPush("not_a_push", f"The event is {shown(kind)}, not a push.")]
        data = payload.get("data" if "specversion" in payload else "event_data")
        return _read_resources(data)


def _read_resources(data: object) -> list[Push | NotAPush]:
    resources, repository = at(data, "resources"), _repository(at(data, "repository"))
    if not isinstance(resources, list):
        return [unexpected_shape("The event has no list 'resources'")]
    if not resources:
        return [NotAPush("not_a_push", "The list 'resources' is empty.")]
    return list(dict.fromkeys(_read_resource(repository, each) for each in resources))


def _read_resource(repository: object, resource: object) -> Push | NotAPush:
    return push_of(repository=repository, tag=at(resource, "tag"), digest=at(resource, "digest"))


def _repository(repository: object) -> object:
    name = at(repository, "repo_full_name")
    if name is not None:
        return name
    return joined(at(repository, "namespace"), at(repository, "name"))
