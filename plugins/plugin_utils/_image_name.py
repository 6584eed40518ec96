# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of an app: registry and repository, never a tag or a digest.

Grammar: OCI distribution specification 1.1, "Pulling manifests", and the conventions of
https://github.com/distribution/reference (default registry, `library/`).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

DOCKER_HUB = "docker.io"
# Characters of registry, slash and repository together: what Docker Engine accepts.
MAX_LENGTH = 255

_ALIASES = ("index.docker.io", "registry-1.docker.io")
_PORTS = range(1, 65536)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[(?P<ipv6>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{{1,5}}))?"
)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")


def read_image(value: Any) -> tuple[str, str]:
    """Return registry and repository in full, as `docker pull` reads a name.

    Raises ValueError with what may be written.
    """
    if not isinstance(value, str):
        raise ValueError(
            "must be a string: registry and repository, for example docker.io/acme/shop"
        )
    registry, repository = _split(value)
    if "@" in value or ":" in repository:
        raise ValueError("must be registry and repository only, without a tag or digest")
    if not _is_host(registry):
        raise ValueError(
            "must begin with a registry: a host name in lower case, with :port if it needs one, "
            "for example registry.example.com:5000"
        )
    if _REPOSITORY.fullmatch(repository) is None:
        raise ValueError(
            "must end with a repository: parts of lower-case letters and digits, joined inside by "
            "'.', '_', '__' or '-', and divided by '/'"
        )
    if len(f"{registry}/{repository}") > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    return registry, repository


def image_in_full(value: Any) -> Any:
    """Return the name with its registry; what is no name is returned as it is."""
    try:
        return "/".join(read_image(value))
    except ValueError:
        return value


def _split(text: str) -> tuple[str, str]:
    # Before the first slash is a host if it can only be one (distribution/reference). An upper-case
    # part is a host too, for Docker: it is refused as one later.
    first, slash, rest = text.partition("/")
    is_host = first == "localhost" or "." in first or ":" in first or first != first.lower()
    registry, repository = (first, rest) if slash and is_host else (DOCKER_HUB, text)
    if registry in _ALIASES:
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text)
    if match is None or (match["port"] is not None and int(match["port"]) not in _PORTS):
        return False
    return match["ipv6"] is None or _is_ipv6(match["ipv6"])


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
