# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders that write whole references, ``registry/repository[:tag][@digest]``.

A reference may say a tag and a digest, and an event may say either again in a field beside it, or
name the image twice. Whatever is said twice has to be the same: an event that contradicts itself
is refused, as the rule for every source that reads references.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webhook_bridge.domain.references import InvalidReference, is_digest, parse_registry, shown
from webhook_bridge.sources.pushes import NotAPush, Push, contradiction, disagreement, push_of


@dataclass(frozen=True)
class FullReference:
    """The parts of a reference as they came: names are checked when they become a push."""

    registry: str | None
    """None where the reference has none."""
    repository: str
    tag: str | None
    """None where the reference has none; empty where it ends with the colon."""
    digest: str | None
    """None where the reference has none; whatever stands after the ``@``."""


def split_reference(text: str) -> FullReference:
    """Divide as ``docker pull`` does: the first part is a registry if it can only be one."""
    rest, at, digest = text.partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, colon, tag = rest, "", ""
    first, slash, path = name.partition("/")
    is_registry = slash and ("." in first or ":" in first or first == "localhost")
    return FullReference(
        registry=first if is_registry else None,
        repository=path if is_registry else name,
        tag=tag if colon else None,
        digest=digest if at else None,
    )


def joined_references(references: Sequence[FullReference]) -> FullReference | NotAPush:
    """Return what several names of one image say together, or how they contradict each other.

    A name without a registry may be the last parts of one in full.
    """
    full = max(references, key=lambda each: (each.registry is not None, len(each.repository)))
    for each in references:
        if not is_same_registry(each.registry or full.registry, full.registry):
            return contradiction("registries", full.registry, each.registry)
        is_part = each.registry is None and full.repository.endswith(f"/{each.repository}")
        if each.repository != full.repository and not is_part:
            return contradiction("repositories", full.repository, each.repository)
    tags, digests = [each.tag for each in references], [each.digest for each in references]
    reason = disagreement("tags", tags) or disagreement("digests", digests)
    return reason or FullReference(full.registry, full.repository, _first(tags), _first(digests))


def push_in(
    reference: FullReference, *, tag: object, digest: object, configured: str | None
) -> Push | NotAPush:
    """Return the push of a reference, in the registry that the hook or the reference names.

    A hook that names a registry speaks for that one only. `tag` and `digest` are what the event
    says beside the reference, if anything.
    """
    reason = (
        _not_a_reference(reference)
        or disagreement("tags", (reference.tag, tag))
        or disagreement("digests", (reference.digest, digest))
    )
    if reason is not None:
        return reason
    try:
        registry = _registry(reference, configured)
    except InvalidReference as error:
        return NotAPush("invalid_reference", str(error))
    if configured is not None and registry != configured:
        return other_registry(registry, configured)
    if registry is None:
        return NotAPush(
            "not_configured",
            f"{shown(reference.repository)} names no registry, and the hook's table none either.",
        )
    return push_of(
        repository=reference.repository,
        tag=reference.tag or tag,
        digest=reference.digest or digest,
        registry=registry,
    )


def other_registry(registry: str | None, configured: str) -> NotAPush:
    """Return the reason for an event of a registry that the hook does not speak for."""
    return NotAPush(
        "not_configured",
        f"The event is of {shown(registry)}; the hook's table says registry = {shown(configured)}.",
    )


def is_same_registry(one: str | None, other: str | None) -> bool:
    """Say whether both are one registry; Docker Hub has several names."""
    return one == other or _canonical(one) == _canonical(other)


def _not_a_reference(reference: FullReference) -> NotAPush | None:
    if reference.tag == "":
        return NotAPush("invalid_reference", f"{shown(reference.repository)} has an empty tag.")
    if reference.digest is not None and not is_digest(reference.digest):
        return NotAPush(
            "invalid_reference",
            f"{shown(reference.digest)}, after the '@', is not a SHA-256 digest.",
        )
    return None


def _first(values: Sequence[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _canonical(registry: str | None) -> str | None:
    try:
        return None if registry is None else parse_registry(registry)
    except InvalidReference:
        return registry


def _registry(reference: FullReference, configured: str | None) -> str | None:
    if reference.registry is None:
        return configured
    return parse_registry(reference.registry)
