# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of images, tags and digests: the only shapes that a string from outside may have.

Grammar: OCI distribution specification 1.1, "Pulling manifests", and the conventions of
https://github.com/distribution/reference (default registry, ``library/``).
Every pattern is ASCII and matches the whole text.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
MAX_NAME_LENGTH = 255
"""Characters of registry, slash and repository together: what Docker Engine accepts."""

_SHOWN_CHARACTERS = 60
_DOCKER_HUB_ALIASES = frozenset({"index.docker.io", "registry-1.docker.io"})
_HOST_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(
    rf"(?P<name>{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[(?P<ipv6>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{{1,5}}))?"
)
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
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
        if not _is_host(self.registry):
            raise InvalidReference(
                f"{shown(self.registry)} is not a registry: write a host name in lower case, "
                "with :port if it needs one, such as 'registry.example.com:5000'."
            )
        if not is_repository(self.repository):
            raise InvalidReference(
                f"{shown(self.repository)} is not a repository: write parts of lower-case letters "
                "and digits, joined inside by '.', '_', '__' or '-', and divided by '/'."
            )
        if len(str(self)) > MAX_NAME_LENGTH:
            raise InvalidReference(
                f"{shown(str(self))} is too long: registry and repository together have at most "
                f"{MAX_NAME_LENGTH} characters."
            )

    def __str__(self) -> str:
        """Return the full name, such as ``docker.io/library/nginx``."""
        return f"{self.registry}/{self.repository}"


def parse_image_name(text: str) -> ImageName:
    """Read a name as ``docker pull`` does, and write it out in full.

    :raises InvalidReference: where it is no name, or carries a tag or a digest.
    """
    registry, repository = _split_registry(text)
    if "@" in text:
        raise InvalidReference(
            f"{shown(text)} carries a digest: write registry and repository only."
        )
    if ":" in repository:
        raise InvalidReference(
            f"{shown(text)} carries a tag: write registry and repository only, "
            "and name the tag in its own field."
        )
    if registry in _DOCKER_HUB_ALIASES:
        registry = DOCKER_HUB
    if registry == DOCKER_HUB:
        repository = official_in_full(repository)
    return ImageName(registry, repository)


def official_in_full(repository: str) -> str:
    """Return Docker Hub's full repository: ``nginx`` is short for ``library/nginx``."""
    return repository if "/" in repository else f"library/{repository}"


def is_repository(text: object) -> bool:
    """Say whether this is a repository inside a registry."""
    return (
        isinstance(text, str)
        and len(text) <= MAX_NAME_LENGTH
        and _REPOSITORY.fullmatch(text) is not None
    )


def is_tag(text: object) -> bool:
    """Say whether this is a tag, such as ``1.4.2`` or ``latest``."""
    return isinstance(text, str) and _TAG.fullmatch(text) is not None


def is_digest(text: object) -> bool:
    """Say whether this is a SHA-256 digest, ``sha256:`` and 64 lower-case hex digits."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


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


def _split_registry(text: str) -> tuple[str, str]:
    """Divide at the first slash, if what is before it can only be a host (distribution/reference).

    An upper-case first part is a host too, for Docker: it is refused as one later.
    """
    first, slash, rest = text.partition("/")
    is_host = first == "localhost" or "." in first or ":" in first or first != first.lower()
    return (first, rest) if slash and is_host else (DOCKER_HUB, text)


def _is_host(text: object) -> bool:
    match = _HOST.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return False
    port = match["port"]
    if port is not None and not 1 <= int(port) <= 65535:  # noqa: PLR2004 - the last port there is
        return False
    return match["ipv6"] is None or _is_ipv6(match["ipv6"])


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
