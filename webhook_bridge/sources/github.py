# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub's webhooks for its container registry: the events ``package`` and ``registry_package``.

Facts: docs.github.com "Webhook events and payloads", "Validating webhook deliveries";
octokit/webhooks payload-examples; a recorded delivery of 2025-11.
One event for each manifest: an image for two platforms gives three, and only one names a tag
(github/docs#22091). Several tags of one digest give one event that names one of them
(docker/metadata-action#300), so every event also asks for the tags that apps track. The owner's
capital letters are kept in the payload, while names in the registry are lower case.
"""

from __future__ import annotations

from typing import Literal

from webhook_bridge.authentication import HmacSignature, Scheme
from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import is_repository, shown
from webhook_bridge.sources.artifacts import artifact
from webhook_bridge.sources.base import RegistryHost, Source
from webhook_bridge.sources.full_reference import split_reference
from webhook_bridge.sources.json_paths import at, joined
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.strict_json import parse_object

_EVENTS = ("package", "registry_package")
_ACTIONS = frozenset({"published", "updated"})
_CONTAINER = frozenset({"container", "docker"})


class GitHub(Source):
    """A package of a repository or an organisation."""

    source: Literal["github"]
    registry: RegistryHost = "ghcr.io"

    @property
    def scheme(self) -> Scheme:
        """The signature over SHA-256; the older one over SHA-1 is not looked at."""
        return HmacSignature("X-Hub-Signature-256", "sha256=")

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the GUID of the delivery; a redelivery has the same."""
        return identifier(received.word("X-GitHub-Delivery"))

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event's tag, and a look at the tracked tags."""
        payload = parse_object(received.body)
        event = received.word("X-GitHub-Event")
        if event == "ping" or (event is None and "zen" in payload):
            return [NotAPush("not_a_push", "GitHub's ping: the webhook is set up.")]
        if event is not None and event not in _EVENTS:
            return [NotAPush("not_a_push", f"The event is {shown(event)}; choose 'Packages'.")]
        package = next((payload[key] for key in _EVENTS if key in payload), None)
        if not isinstance(package, dict):
            return [unexpected_shape("The body has no object 'package' or 'registry_package'")]
        return _read_package(payload.get("action"), package)


def _read_package(action: object, package: dict[str, object]) -> list[Push | NotAPush]:
    if not isinstance(action, str) or action not in _ACTIONS:
        return [NotAPush("not_a_push", f"The action is {shown(action)}, not 'published'.")]
    version = package.get("package_version")
    if not isinstance(version, dict):
        return [unexpected_shape("The package has no object 'package_version'")]
    reason = _not_an_image(package, version)
    return [reason] if reason else _read_version(_repository(package, version), version)


def _not_an_image(package: dict[str, object], version: dict[str, object]) -> NotAPush | None:
    """Judge by all that tells the type: in GitHub's own example one of the fields says npm."""
    names = (package.get("package_type"), package.get("ecosystem"), at(package, "registry", "type"))
    if not any(isinstance(name, str) and name.lower() in _CONTAINER for name in names):
        return NotAPush("not_an_image", f"The package is of type {shown(names[0])}.")
    manifest = at(version, "container_metadata", "manifest")
    kind = artifact(at(manifest, "media_type"), at(manifest, "config", "media_type"))
    return NotAPush("not_an_image", f"{kind} was pushed.") if kind else None


def _read_version(repository: object, version: dict[str, object]) -> list[Push | NotAPush]:
    tag = at(version, "container_metadata", "tag", "name")
    tracked = (
        Push(repository, tag=None)
        if isinstance(repository, str) and is_repository(repository)
        else None
    )
    if tag in (None, "") and tracked:
        return [tracked]
    named = push_of(repository=repository, tag=tag, digest=_digest(version))
    return [named, tracked] if tracked and isinstance(named, Push) else [named]


def _digest(version: dict[str, object]) -> object:
    return at(version, "container_metadata", "manifest", "digest") or version.get("version")


def _repository(package: dict[str, object], version: dict[str, object]) -> object:
    """Return the path that one would pull, which namespace and name do not always give."""
    url = version.get("package_url")
    named = split_reference(url) if isinstance(url, str) else None
    if named is not None and named.registry is not None and is_repository(named.repository.lower()):
        return named.repository.lower()
    name = joined(package.get("namespace"), package.get("name"))
    return None if name is None else name.lower()
