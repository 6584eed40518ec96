# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders that write whole references, ``registry/repository[:tag][@digest]``."""

from __future__ import annotations

from dataclasses import dataclass

from webhook_bridge.references import InvalidReference, parse_image_name, shown
from webhook_bridge.sources.claims import NotAPush, Push, push_of


@dataclass(frozen=True)
class FullReference:
    """The parts of a reference as they came: names are checked when they become a push."""

    registry: str | None
    """None where the reference has none."""
    repository: str
    tag: str | None
    digest: str | None


def split_reference(text: str) -> FullReference:
    """Divide as ``docker pull`` does: the first part is a registry if it can only be one."""
    rest, _, digest = text.partition("@")
    name, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        name, tag = rest, ""
    first, slash, path = name.partition("/")
    is_registry = slash and ("." in first or ":" in first or first == "localhost")
    return FullReference(
        registry=first if is_registry else None,
        repository=path if is_registry else name,
        tag=tag or None,
        digest=digest or None,
    )


def push_in(
    reference: FullReference, *, tag: object, digest: object, configured: str | None
) -> Push | NotAPush:
    """Return the push of a reference, in the registry that the hook or the reference names.

    A hook that names a registry speaks for that one only.
    """
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
    return push_of(repository=reference.repository, tag=tag, digest=digest, registry=registry)


def other_registry(registry: str | None, configured: str) -> NotAPush:
    """Return the reason for an event of a registry that the hook does not speak for."""
    return NotAPush(
        "not_configured",
        f"The event is of {shown(registry)}; the hook's table says registry = {shown(configured)}.",
    )


def _registry(reference: FullReference, configured: str | None) -> str | None:
    if reference.registry is None:
        return configured
    return parse_image_name(f"{reference.registry}/any/name").registry
