# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request claims: pushes, and events that are none for a reason one can look up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.domain.references import (
    is_artifact_tag,
    is_digest,
    is_repository,
    is_tag,
    shown,
)

NotAPushCode = Literal[
    "not_a_push",
    "untagged",
    "not_an_image",
    "invalid_reference",
    "unexpected_shape",
    "not_configured",
    "hosts_changed",
]
REASONS: Mapping[NotAPushCode, str] = {
    "not_a_push": "The event is not a push: a pull, a mount, a deletion, a test or nothing.",
    "untagged": "Something was pushed by its digest: no tag points to it, so no app follows it.",
    "not_an_image": "A layer, a chart, a signature, an attestation or an SBOM was pushed.",
    "invalid_reference": "The repository or the tag is not a name that a registry can have, or the "
    "event names two that contradict each other.",
    "unexpected_shape": "The JSON is not what this kind of sender sends: is it the right hook?",
    "not_configured": "The event is of a project or registry that the hook's table does not name.",
    "hosts_changed": "Hosts came or went, says the sender: the inventory is read at once.",
}
"""Every code of ``NotAPush``, and what it means."""


@dataclass(frozen=True)
class Push:
    """What a delivery claims: look at this repository and this tag now."""

    repository: str
    """In the grammar of the distribution specification; in full for Docker Hub."""
    tag: str | None
    """None: the sender does not say which tag; look at the watched ones."""
    digest: str | None = None
    """A hint that saves waiting for the tag to be written, never what is deployed unseen."""
    registry: str | None = None
    """None: the registry that the hook's configuration names. Only ever compared with apps'."""


@dataclass(frozen=True)
class NotAPush:
    """An event that concerns no app, and why."""

    code: NotAPushCode
    detail: str
    """One sentence, safe to show: values of the sender are quoted and cut."""
    repository: str | None = None
    """Where it was pushed, if it may be a signature of an image there."""
    registry: str | None = None
    """As of a push."""


def push_of(
    *, repository: object, tag: object, digest: object = None, registry: str | None = None
) -> Push | NotAPush:
    """Return a push of an image, or the reason why these fields are none.

    A digest out of shape is left out, not refused: it is a hint, and the registry tells.
    """
    if not isinstance(repository, str) or not is_repository(repository):
        return NotAPush("invalid_reference", f"{shown(repository)} is not a repository.")
    if tag is None or tag == "" or is_digest(tag):  # some write the digest where the tag would be
        return NotAPush(
            "untagged", f"The push to {shown(repository)} names no tag.", repository, registry
        )
    if not isinstance(tag, str) or not is_tag(tag):
        return NotAPush(
            "invalid_reference", f"{shown(tag)} is not a tag (pushed to {shown(repository)})."
        )
    if is_artifact_tag(tag):
        return NotAPush(
            "not_an_image",
            f"The tag {shown(tag)} of {shown(repository)} holds what belongs to an image, "
            "such as a signature.",
            repository,
            registry,
        )
    return Push(repository, tag, digest=digest_or_none(digest), registry=registry)


def unexpected_shape(what: str) -> NotAPush:
    """Return the reason for JSON that this sender does not send."""
    return NotAPush("unexpected_shape", f"{what}: is this the right kind of hook for the sender?")


def contradiction(what: str, one: object, other: object) -> NotAPush:
    """Return the reason for an event whose fields disagree: none of them is believed."""
    return NotAPush(
        "invalid_reference", f"The event names two {what}: {shown(one)} and {shown(other)}."
    )


def disagreement(what: str, values: Iterable[object]) -> NotAPush | None:
    """Return the reason where fields that should say the same differ; empty ones say nothing."""
    given = [value for value in values if value is not None and value != ""]
    for other in given[1:]:
        if other != given[0]:
            return contradiction(what, given[0], other)
    return None


def digest_or_none(digest: object) -> str | None:
    """Return a digest, or nothing where the value is none."""
    return digest if isinstance(digest, str) and is_digest(digest) else None
