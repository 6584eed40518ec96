# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of images, registries, tags and digests: one grammar for hosts, playbooks and the bridge.

Grammar: OCI distribution specification 1.1, "Pulling manifests", and
https://github.com/distribution/reference (default registry, `library/`, IPv6 in brackets).
Every pattern is ASCII and is for `re.fullmatch`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any

DOCKER_HUB = "docker.io"
# Characters of registry, slash and repository together: what Docker Engine accepts.
MAX_LENGTH = 255
TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
DIGEST = r"sha256:[0-9a-f]{64}"

# index.docker.io is also how Docker spells the key of its logins: https://index.docker.io/v1/.
_ALIASES = ("index.docker.io", "registry-1.docker.io")
_PORTS = range(1, 65536)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = (
    rf"(?P<name>{_LABEL}(?:\.{_LABEL})*|\[(?P<ipv6>[0-9a-fA-F:]+)\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"{_PART}(?:/{_PART})*"


def read_image(value: Any) -> tuple[str, str]:
    """Return registry and repository in full, as `docker pull` reads a name.

    Raises ValueError with what may be written.
    """
    if not isinstance(value, str):
        raise ValueError(
            "must be a string: registry and repository, for example docker.io/acme/shop"
        )
    first, repository = split_registry(value)
    if "@" in value or ":" in repository:
        raise ValueError("must be registry and repository only, without a tag or digest")
    registry = canonical_registry(first or DOCKER_HUB)
    if registry is None:
        raise ValueError(
            "must begin with a registry: a host name in lower case, with :port if it needs one, "
            "for example registry.example.com:5000"
        )
    if registry == DOCKER_HUB:
        repository = official_in_full(repository)
    if re.fullmatch(_REPOSITORY, repository) is None:
        raise ValueError(
            "must end with a repository: parts of lower-case letters and digits, joined inside by "
            "'.', '_', '__' or '-', and divided by '/'"
        )
    if len(f"{registry}/{repository}") > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    return registry, repository


def split_registry(text: str) -> tuple[str, str]:
    """Divide a name at its first slash, if what is before it can only be a host; else ("", text).

    An upper-case first part is a host too, for Docker.
    """
    first, slash, rest = text.partition("/")
    is_host = first == "localhost" or "." in first or ":" in first or first != first.lower()
    return (first, rest) if slash and is_host else ("", text)


def official_in_full(repository: str) -> str:
    """Return Docker Hub's full repository: `nginx` is short for `library/nginx`."""
    return repository if "/" in repository else f"library/{repository}"


def canonical_registry(text: str) -> str | None:
    """Return the one name of a registry, None where the text names none.

    Docker Hub is `docker.io`, an IPv6 address is in its short form (RFC 5952).
    """
    match = re.fullmatch(_HOST, text)
    if match is None or (match["port"] is not None and int(match["port"]) not in _PORTS):
        return None
    if text in _ALIASES:
        return DOCKER_HUB
    if match["ipv6"] is None:
        return text
    try:
        address = ipaddress.IPv6Address(match["ipv6"]).compressed
    except ValueError:
        return None
    return f"[{address}]" + (f":{match['port']}" if match["port"] else "")


def registry_of_login(key: str) -> str | None:
    """Return the one name of the registry that a login is for, None where the key names none.

    Keys of logins may bear a scheme and a path, as https://index.docker.io/v1/ does, and host names
    in any case.
    """
    host = key.partition("://")[2] or key
    return canonical_registry(host.partition("/")[0].lower())


def is_same_registry(one: str, other: str) -> bool:
    """Whether the keys of two logins name one registry, however each of them is spelled."""
    registry = registry_of_login(one)
    return one == other or (registry is not None and registry == registry_of_login(other))


def is_repository(text: object) -> bool:
    """Say whether this is a repository inside a registry."""
    return (
        isinstance(text, str)
        and len(text) <= MAX_LENGTH
        and re.fullmatch(_REPOSITORY, text) is not None
    )
