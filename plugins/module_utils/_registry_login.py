# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credentials for a registry: those given to the module, else those `docker login` stored."""

from __future__ import annotations

import base64
import json
import os

from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    DOCKER_HUB,
    canonical_registry,
    registry_of_login,
    split_registry,
)

# Docker keeps the credentials of Docker Hub under its old address.
# Source: https://docs.docker.com/reference/cli/docker/login/
DOCKER_HUB_KEY = "https://index.docker.io/v1/"

# For modules that ask a registry through the daemon; documented in the fragment `login`.
LOGIN_ARGUMENTS = {
    "login": {
        "type": "dict",
        "options": {
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
        },
    },
}


def login_headers(module, image):
    """Return the headers with which the daemon logs in to the registry of `image`; none: {}.

    The module has LOGIN_ARGUMENTS. Nothing is written anywhere: what is given goes to the daemon
    in this header alone (https://docs.docker.com/reference/api/engine/#section/Authentication).
    """
    key = registry_key(image)
    login = given_login(module.params, key) or _login_of_user(module, key)
    if not login:
        return {}
    return {"X-Registry-Auth": base64.urlsafe_b64encode(json.dumps(login).encode()).decode()}


def given_login(params, key):
    """Return the login that the module was given, or None."""
    return dict(params["login"], serveraddress=key) if params["login"] else None


def is_refusal(error):
    """Whether a DockerError says that the registry wants another login, or grants too little."""
    # The daemon answers 500 to most of them and keeps the registry's word in the text.
    words = ("unauthorized", "denied", "no basic auth credentials", "authentication required")
    return error.status in (401, 403) or any(word in str(error) for word in words)


def _login_of_user(module, key):
    config = _read_config()
    helpers = config.get("credHelpers") or {}
    of_registry = next((helpers[name] for name in helpers if is_same_registry(name, key)), None)
    helper = of_registry or config.get("credsStore")
    login = _ask_helper(module, helper, key) if helper else None
    return login or stored_login(config, key)


def registry_key(image):
    """Return the name under which Docker stores the credentials of an image's registry."""
    first, _rest = split_registry(image)
    registry = canonical_registry(first) or first
    return registry if registry not in ("", DOCKER_HUB) else DOCKER_HUB_KEY


def is_same_registry(one, other):
    """Whether the keys of two logins name one registry, however each of them is spelled."""
    registry = registry_of_login(one)
    return one == other or (registry is not None and registry == registry_of_login(other))


def stored_login(config, key):
    """Read the login from `auths`, which may bear a scheme and a path; None where there is none."""
    for name, entry in (config.get("auths") or {}).items():
        if is_same_registry(name, key):
            return _login(entry, key)
    return None


def _login(entry, key):
    if entry.get("identitytoken"):
        return {"identitytoken": entry["identitytoken"], "serveraddress": key}
    user, _colon, password = base64.b64decode(entry.get("auth") or "").decode().partition(":")
    return {"username": user, "password": password, "serveraddress": key} if user else None


def _ask_helper(module, helper, key):
    # The protocol of Docker's credential helpers: the registry on stdin, JSON on stdout.
    # Source: https://github.com/docker/docker-credential-helpers
    code, out, _err = module.run_command([f"docker-credential-{helper}", "get"], data=key)
    if code != 0:
        return None
    found = json.loads(out)
    if found.get("Username") == "<token>":
        return {"identitytoken": found["Secret"], "serveraddress": key}
    return {"username": found["Username"], "password": found["Secret"], "serveraddress": key}


def _read_config():
    folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as handle:
            return json.load(handle)
    except FileNotFoundError:
        return {}
