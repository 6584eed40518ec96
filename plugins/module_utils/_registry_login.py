# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials for a registry: those given to the module, else those `docker login` stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._advice import (
    MISSING,
    REFUSED,
    registry_kind,
)
from ansible_collections.longshore.containers.plugins.module_utils._client_config import (
    ClientConfig,
    ClientConfigError,
)
from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    DOCKER_HUB,
    canonical_registry,
    split_registry,
)

# Docker keeps the credentials of Docker Hub under its old address.
# Source: https://docs.docker.com/reference/cli/docker/login/
DOCKER_HUB_KEY = "https://index.docker.io/v1/"

_NOT_FOUND = 404
_REMEDY = (
    "correct or remove it, or give the login in docker_container_registry (for an app: in "
    "registries)"
)


class Login(NamedTuple):
    """The headers with which the daemon logs in; {} to ask without a login.

    `trouble` says why there is no login, or why the one that may be stored on the host could not be
    read, and what to do; `passing` that this may be otherwise the next time.
    """

    headers: Mapping[str, str] = MappingProxyType({})
    trouble: str = ""
    passing: bool = False


def find_login(module, image):
    """Return the Login for the registry of `image`.

    The module has the arguments for one. Nothing is written anywhere: what is given goes to the
    daemon in this header alone
    (https://docs.docker.com/reference/api/engine/#section/Authentication).
    What is stored and cannot be read is passed over, as `docker pull` does: an image that
    everybody may pull needs no login.
    """
    key = registry_key(image)
    wanting = module.params.get("login_trouble") or {"said": "", "passing": False}
    trouble, passing = wanting["said"], wanting["passing"]
    found = given_login(module.params, key)
    if not found:
        try:
            found = ClientConfig.read().login(key, run_command=module.run_command)
        except ClientConfigError as exc:
            trouble = trouble or f"{exc}: {_REMEDY}"
    if not found:
        return Login(trouble=trouble, passing=passing)
    encoded = base64.urlsafe_b64encode(json.dumps(found).encode()).decode()
    return Login({"X-Registry-Auth": encoded}, trouble, passing)


def given_login(params, key):
    """Return the login that the module was given, or None."""
    return dict(params["login"], serveraddress=key) if params["login"] else None


def is_refusal(error):
    """Whether a DockerError says that the registry wants another login, or grants too little."""
    # The daemon answers 500 to most of them and keeps the registry's word in the text.
    return error.status in (401, 403) or registry_kind(error) == REFUSED


def is_missing(error):
    """Whether a DockerError says that the registry has no such image."""
    kind = registry_kind(error)
    return kind == MISSING or (error.status == _NOT_FOUND and kind != REFUSED)


def registry_key(image):
    """Return the name under which Docker stores the credentials of an image's registry."""
    first, _rest = split_registry(image)
    registry = canonical_registry(first) or first
    return registry if registry not in ("", DOCKER_HUB) else DOCKER_HUB_KEY


def is_on_docker_hub(image):
    """Whether an image's registry is Docker Hub, the only one that Docker asks mirrors for."""
    return registry_key(image) == DOCKER_HUB_KEY
