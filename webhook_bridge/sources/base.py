# SPDX-License-Identifier: GPL-3.0-or-later
"""What every source is: the table that configures a hook, who may send, and what a body claims.

A new kind of sender is one module with one class of this shape, and one line in ``SOURCES``. The
fields of the class are the keys of its table in longshore.toml.
A source reads names only. Hosts, URLs and callbacks of a payload are never called: which
registry is asked, and which image runs, is our configuration's word.
"""

from __future__ import annotations

import ipaddress
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from webhook_bridge.authentication import Scheme
from webhook_bridge.received import Received
from webhook_bridge.references import (
    is_artifact_tag,
    is_digest,
    is_repository,
    is_tag,
    parse_image_name,
    shown,
)

NotAPushCode = Literal[
    "not_a_push",
    "untagged",
    "not_an_image",
    "invalid_reference",
    "unexpected_shape",
    "not_configured",
]
REASONS: Mapping[NotAPushCode, str] = {
    "not_a_push": "The event is no push: a pull, a mount, a deletion, a test, or nothing at all.",
    "untagged": "Something was pushed by its digest: no tag points to it, so no app follows it.",
    "not_an_image": "A layer, a chart, a signature, an attestation or an SBOM was pushed.",
    "invalid_reference": "The repository or the tag is not a name that a registry can have.",
    "unexpected_shape": "The JSON is not what this kind of sender sends: is it the right hook?",
    "not_configured": "The event is of a project or registry that the hook's table does not name.",
}
"""Every code of ``NotAPush``, and what it means."""

JSON = frozenset({"application/json"})


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


def _registry(text: str) -> str:
    """Return a registry as apps' images name it."""
    name = parse_image_name(f"{text}/any/name")
    if name.repository != "any/name":
        raise ValueError("is no registry: write a host name with a dot or a port, or localhost")
    return name.registry


RegistryHost = Annotated[str, AfterValidator(_registry)]


class Source(BaseModel, ABC):
    """One kind of sender, configured for one hook."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    always_accepts: ClassVar[bool] = False
    """True: what authenticates is answered 2xx, even if it cannot be read."""
    content_types: ClassVar[frozenset[str]] = JSON
    """Media types it sends, in lower case, without parameters."""

    source: str
    registry: RegistryHost | None = None
    """The registry it speaks for; None: the events themselves say which."""
    secret_file: Path | None = None
    allow_from: tuple[str, ...] = Field(default=())
    """Addresses and networks that may send; empty: all. Never the only check."""

    @field_validator("allow_from")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @property
    @abstractmethod
    def scheme(self) -> Scheme:
        """How its sender proves that it is the sender."""

    @abstractmethod
    def read(self, received: Received) -> list[Push | NotAPush]:
        """Return what a request claims: at least one entry, and equal entries once.

        :raises MalformedBody: where the body is not a JSON object that we read.
        """

    def delivery_id(self, _received: Received, /) -> str | None:
        """Return what the sender calls this delivery, equal when it repeats it; never raises."""
        return None

    def confirm(self, _received: Received, /) -> str | None:
        """Do what an authenticated sender asks for before it sends events.

        :returns: why that failed, so that the sender is asked to repeat it; None if nothing did.
        """
        return None

    def allows(self, address: str) -> bool:
        """Say whether a request may come from this address."""
        if not self.allow_from:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in ipaddress.ip_network(network) for network in self.allow_from)


def push_of(
    *, repository: object, tag: object, digest: object = None, registry: str | None = None
) -> Push | NotAPush:
    """Return a push of an image, or the reason why these fields are none.

    A digest out of shape is left out, not refused: it is a hint, and the registry tells.
    """
    if not isinstance(repository, str) or not is_repository(repository):
        return NotAPush("invalid_reference", f"{shown(repository)} is not a repository.")
    if tag is None or tag == "":
        return NotAPush("untagged", f"The push to {shown(repository)} names no tag.")
    if not isinstance(tag, str) or not is_tag(tag):
        return NotAPush(
            "invalid_reference", f"{shown(tag)} is not a tag (pushed to {shown(repository)})."
        )
    if is_artifact_tag(tag):
        return NotAPush(
            "not_an_image",
            f"The tag {shown(tag)} of {shown(repository)} holds what belongs to an image, "
            "such as a signature.",
        )
    return Push(repository, tag, digest=digest_or_none(digest), registry=registry)


def unexpected_shape(what: str) -> NotAPush:
    """Return the reason for JSON that this sender does not send."""
    return NotAPush("unexpected_shape", f"{what}: is this the right kind of hook for the sender?")


def digest_or_none(digest: object) -> str | None:
    """Return a digest, or nothing where the value is none."""
    return digest if isinstance(digest, str) and is_digest(digest) else None
