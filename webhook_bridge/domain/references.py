# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of images, tags and digests: the only shapes that a string from outside may have.

The grammar is the collection's (docs/adr/0016): bridge, playbooks and hosts read a name alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.longshore.containers.plugins.module_utils import _image_name
from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    DIGEST,
    DOCKER_HUB,
    MAX_LENGTH,
    TAG,
    is_repository,
    official_in_full,
)

__all__ = ["DOCKER_HUB", "is_repository", "official_in_full"]

_SHOWN_CHARACTERS = 60
_ARTIFACT_TAG = re.compile(r"sha(?:256|512)-[0-9a-f]{64}(?:\.[A-Za-z0-9._-]+)?")


class InvalidReference(ValueError):
    """A text is not the name of an image; the message says what is allowed instead."""


@dataclass(frozen=True)
class ImageName:
    """A registry and a repository in it, never a tag or a digest.

    :raises InvalidReference: where either part is outside the grammar.
    """

    registry: str
    """Host, or host:port, in lower case; Docker Hub is ``docker.io``."""
    repository: str
    """Path inside the registry; an official image of Docker Hub is ``library/<name>``."""

    def __post_init__(self) -> None:
        if not _is_canonical(self.registry):
            raise InvalidReference(
                f"{shown(self.registry)} is not a registry: write a host name in lower case, "
                "with :port if it needs one, such as 'registry.example.com:5000'."
            )
        if not is_repository(self.repository):
            raise InvalidReference(
                f"{shown(self.repository)} is not a repository: write parts of lower-case letters "
                "and digits, joined inside by '.', '_', '__' or '-', and divided by '/'."
            )
        if len(str(self)) > MAX_LENGTH:
            raise InvalidReference(
                f"{shown(str(self))} is too long: registry and repository together have at most "
                f"{MAX_LENGTH} characters."
            )

    def __str__(self) -> str:
        """Return the full name, such as ``docker.io/library/nginx``."""
        return f"{self.registry}/{self.repository}"


def parse_image_name(text: str) -> ImageName:
    """Read a name as ``docker pull`` does, and write it out in full.

    :raises InvalidReference: where it is no name, or carries a tag or a digest.
    """
    try:
        return ImageName(*_image_name.read_image(text))
    except ValueError as error:
        raise InvalidReference(f"{shown(text)} {error}.") from None


def parse_registry(text: str) -> str:
    """Return the one name of a registry: ``docker.io`` for ``index.docker.io``.

    :raises InvalidReference: where it is no registry.
    """
    is_host = _image_name.split_registry(f"{text}/any") == (text, "any")
    registry = _image_name.canonical_registry(text) if is_host else None
    if registry is None:
        raise InvalidReference(
            f"{shown(text)} must be a registry: a host name in lower case with a dot or a port, or "
            "localhost."
        )
    return registry


def is_tag(text: object) -> bool:
    """Say whether this is a tag, such as ``1.4.2`` or ``latest``."""
    return isinstance(text, str) and re.fullmatch(TAG, text) is not None


def is_digest(text: object) -> bool:
    """Say whether this is a SHA-256 digest, ``sha256:`` and 64 lower-case hex digits."""
    return isinstance(text, str) and re.fullmatch(DIGEST, text) is not None


def is_artifact_tag(tag: str) -> bool:
    """Say whether the tag holds a signature, an attestation or an SBOM instead of an image.

    cosign up to 2 writes ``sha256-<hex>.sig``, ``.att`` and ``.sbom`` (sigstore/cosign
    specs/SIGNATURE_SPEC.md); registries without a referrers API keep what belongs to an image
    under ``sha256-<hex>`` (OCI distribution specification 1.1, "Referrers Tag Schema").
    """
    return _ARTIFACT_TAG.fullmatch(tag) is not None


def shown(value: object) -> str:
    """Return a value from outside so that it can stand in one line of a message, cut if long."""
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    cut = ascii(value[:_SHOWN_CHARACTERS])
    return cut if len(value) <= _SHOWN_CHARACTERS else f"{cut}… ({len(value)} characters)"


def _is_canonical(text: object) -> bool:
    return isinstance(text, str) and _image_name.canonical_registry(text) == text
