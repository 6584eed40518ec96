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
from dataclasses import replace
from typing import ClassVar, Literal

from webhook_bridge.domain.inbound import InboundRequest, identifier
from webhook_bridge.domain.references import is_digest, shown
from webhook_bridge.sources.base import JSON
from webhook_bridge.sources.full_reference import (
    FullReference,
    is_same_registry,
    joined_references,
    push_in,
    split_reference,
)
from webhook_bridge.sources.json_paths import object_or_nothing
from webhook_bridge.sources.pushes import (
    NotAPush,
    Push,
    contradiction,
    disagreement,
    unexpected_shape,
)
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_NO_PUSH = re.compile(r"delet|remov|pull|scan|untag|lint|quota|replicat", re.IGNORECASE)
_DIVIDER = re.compile(r"[.:/]")
_VERSION = re.compile(r"v?[0-9]*")
_REPOSITORY = ("image", "repositoryName", "repository")
_TAG = ("tag", "imageTag", "reference")
_DIGEST = ("digest", "imageDigest")
_REGISTRY = ("registry", "registryUrl")


class CloudEvents(StaticHeader):
    """Any sender of CloudEvents that can be given a header."""

    content_types: ClassVar[frozenset[str]] = JSON | {"application/cloudevents+json"}

    source: Literal["cloudevents"]

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return source and id, which together name an event."""
        payload = object_or_nothing(received.body)
        source = received.word("Ce-Source") or payload.get("source")
        event = received.word("Ce-Id") or payload.get("id")
        is_text = isinstance(source, str) and isinstance(event, str)
        return identifier(f"{source} {event}") if is_text else None

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
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
        return unexpected_shape(
            "The request must be a CloudEvent, with the header Ce-Type or the key 'type'"
        )
    if _NO_PUSH.search(_what_happened(kind)):
        return NotAPush("not_a_push", f"The event is {shown(kind)}.")
    if not isinstance(data, dict):
        return unexpected_shape("The CloudEvent has no object 'data'")
    return _read_data(data, registry)


def _read_data(data: dict[str, object], configured: str | None) -> Push | NotAPush:
    names = _given(data, _REPOSITORY) or _given(data, ("name",))  # which may be a mere label
    texts = [name for name in names if isinstance(name, str)]
    if not texts or not isinstance(names[0], str):
        return unexpected_shape("The CloudEvent's data names no image or repository")
    reference = _reference(texts, next(iter(_given(data, _REGISTRY)), None))
    if isinstance(reference, NotAPush):
        return reference
    named, digests = _given(data, _TAG), _given(data, _DIGEST)
    tags = [tag for tag in named if not is_digest(tag)] or named  # a reference may be the digest
    reason = disagreement("tags", tags) or disagreement("digests", digests)
    return reason or push_in(
        reference,
        tag=next(iter(tags), None),
        digest=next(iter(digests), None),
        configured=configured,
    )


def _what_happened(kind: str) -> str:
    """Return the last two parts of a type, without the version that may follow them."""
    parts = [part for part in _DIVIDER.split(kind) if not _VERSION.fullmatch(part)]
    return ".".join(parts[-2:])


def _reference(names: list[str], registry: object) -> FullReference | NotAPush:
    """Return the name in full; a registry beside it may be written as a URL."""
    reference = joined_references([split_reference(name) for name in names])
    if not isinstance(registry, str) or isinstance(reference, NotAPush):
        return reference
    address = (registry.partition("://")[2] or registry).rstrip("/")
    if reference.registry is None:
        full = split_reference(f"{address}/{reference.repository}")
        return replace(full, tag=full.tag or reference.tag, digest=full.digest or reference.digest)
    host = split_reference(f"{address}/any").registry  # None: a word that can be no registry
    if host is not None and not is_same_registry(host, reference.registry):
        return contradiction("registries", reference.registry, host)
    return reference


def _given(data: dict[str, object], keys: tuple[str, ...]) -> list[object]:
    return [data[key] for key in keys if data.get(key) not in (None, "")]
