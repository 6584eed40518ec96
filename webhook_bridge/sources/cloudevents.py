# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudEvents 1.0 about an image, structured or binary, whoever sends them.

Facts: cloudevents/spec cloudevents/spec.md and bindings/http-protocol-binding.md. What the data's
fields are called is not part of it: the names that argoproj-labs/argocd-image-updater documents
for Amazon's events, Zot's and our own are understood. Batches are not. The spec wants a type to
start with the reverse domain name of who defined it, which may be any words: only the last two
parts of a type, such as ``image.deleted``, say what happened.
"""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from webhook_bridge.received import Received, identifier
from webhook_bridge.references import shown
from webhook_bridge.sources.base import JSON
from webhook_bridge.sources.claims import NotAPush, Push, unexpected_shape
from webhook_bridge.sources.full_reference import push_in, split_reference
from webhook_bridge.sources.shapes import object_or_nothing
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_NO_PUSH = re.compile(r"delet|remov|pull|scan|untag|lint|quota|replicat", re.IGNORECASE)
_DIVIDER = re.compile(r"[.:/]")
_VERSION = re.compile(r"v?[0-9]*")
_REPOSITORY = ("image", "repositoryName", "repository", "name")
_TAG = ("tag", "imageTag", "reference")
_DIGEST = ("digest", "imageDigest")
_REGISTRY = ("registry", "registryUrl")


class CloudEvents(StaticHeader):
    """Any sender of CloudEvents that can be given a header."""

    content_types: ClassVar[frozenset[str]] = JSON | {"application/cloudevents+json"}

    source: Literal["cloudevents"]

    def delivery_id(self, received: Received, /) -> str | None:
        """Return source and id, which together name an event."""
        payload = object_or_nothing(received.body)
        source = received.word("Ce-Source") or payload.get("source")
        event = received.word("Ce-Id") or payload.get("id")
        is_text = isinstance(source, str) and isinstance(event, str)
        return identifier(f"{source} {event}") if is_text else None

    def read(self, received: Received) -> list[Push | NotAPush]:
        """Return the push of the event."""
        payload = parse_object(received.body)
        kind = received.word("Ce-Type")
        if kind is not None:
            payload = {"specversion": "1.0", "type": kind, "data": payload}
        return [read_cloud_event(payload, registry=self.registry)]


def read_cloud_event(payload: dict[str, object], *, registry: str | None) -> Push | NotAPush:
    """Return the push of an event in structured form."""
    kind, data = payload.get("type"), payload.get("data")
    if not isinstance(kind, str):
        return unexpected_shape("There is no CloudEvent: neither header Ce-Type nor 'type'")
    if _NO_PUSH.search(_what_happened(kind)):
        return NotAPush("not_a_push", f"The event is {shown(kind)}.")
    if not isinstance(data, dict):
        return unexpected_shape("The CloudEvent has no object 'data'")
    name = _first(data, _REPOSITORY)
    if not isinstance(name, str):
        return unexpected_shape("The CloudEvent's data names no image or repository")
    reference = split_reference(_with_registry(name, data))
    tag, digest = _first(data, _TAG), _first(data, _DIGEST)
    return push_in(
        reference,
        tag=reference.tag if tag is None else tag,
        digest=reference.digest if digest is None else digest,
        configured=registry,
    )


def _what_happened(kind: str) -> str:
    """Return the last two parts of a type, without the version that may follow them."""
    parts = [part for part in _DIVIDER.split(kind) if not _VERSION.fullmatch(part)]
    return ".".join(parts[-2:])


def _with_registry(name: str, data: dict[str, object]) -> str:
    """Return the name in full; a registry may be written as a URL."""
    registry = _first(data, _REGISTRY)
    if not isinstance(registry, str) or split_reference(name).registry is not None:
        return name
    return f"{registry.partition('://')[2] or registry}".rstrip("/") + f"/{name}"


def _first(data: dict[str, object], keys: tuple[str, ...]) -> object:
    return next((data[key] for key in keys if data.get(key) is not None), None)
