# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several logins is an image's: by its registry, or by more of its name.

Accounts at one registry often see different repositories, so `ghcr.io/acme` may have another login
than `ghcr.io`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    DOCKER_HUB,
    canonical_registry,
    is_repository,
    read_image,
    registry_of_login,
    split_registry,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._image_name import login_problem

_MUST_BE_REGISTRY = (
    "must be a registry: a host name, with :port if it needs one, for example "
    "registry.example.com:5000"
)


def longest_prefix(image: str, keys: Collection[str]) -> str | None:
    """Return the longest of `keys` that an image's name begins with, part by part; or None.

    An official image of Docker Hub has a short name too: docker.io/nginx.
    """
    parts = image.split("/")
    prefixes = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    if parts[:-1] == [DOCKER_HUB, "library"]:
        prefixes.insert(1, f"{DOCKER_HUB}/{parts[-1]}")
    return next((prefix for prefix in prefixes if prefix in keys), None)


def login_for(logins: Any, image: Any) -> Any:
    """Return the login for an image among those of several registries, {} where there is none.

    A key names its registry in any way that Docker knows it by, and may go on with the beginning
    of a repository's path: the longest that the image begins with counts. Raises ValueError where
    the keys cannot be used.
    """
    problems, keys = _read_keys(logins)
    if problems:
        path, said = problems[0]
        raise ValueError(f"{path}: {said}")
    try:
        found = longest_prefix("/".join(read_image(image)), keys)
    except ValueError:
        return {}
    return (None if found is None else logins[keys[found]]) or {}


def logins_problems(logins: Any) -> list[tuple[str, str]]:
    """Return (path, sentence) for each mistake in a table of logins, without showing a value."""
    problems, _keys = _read_keys(logins)
    if isinstance(logins, Mapping):
        judged = ((_path(key), login_problem(logins[key])) for key in logins)
        problems += [(path, said) for path, said in judged if said]
    return problems


def _read_keys(logins: Any) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return what is wrong with the keys, and which key each beginning of a name has."""
    if not isinstance(logins, Mapping):
        return [("registries", "must be a table of registries and their logins")], {}
    problems: list[tuple[str, str]] = []
    keys: dict[str, str] = {}
    for key in logins:
        prefix = _prefix(key) if isinstance(key, str) else None
        if prefix is None:
            problems.append((_path(key), _MUST_BE_REGISTRY))
        elif prefix in keys:
            both = f"{keys[prefix]} and {key} are both {prefix}; keep one of them"
            problems.append(("registries", both))
        else:
            keys[prefix] = key
    return problems, keys


def _path(key: Any) -> str:
    return f'registries."{key}"'


def _prefix(key: str) -> str | None:
    """Return what the images of a login begin with; None where the key names no registry.

    No image begins with a name that is no host, such as `acme`: that is a part of Docker Hub.
    """
    host, _slash, path = key.partition("/")
    if not split_registry(f"{key.partition('://')[2] or host}/any")[0]:
        return None
    registry = canonical_registry(host.lower())
    if registry is not None and is_repository(path):
        return f"{registry}/{path}"
    return registry_of_login(key)
