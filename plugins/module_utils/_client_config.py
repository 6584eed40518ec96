# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logins in the configuration of the Docker client, config.json, read as the client reads it.

Source: docker/cli, cli/config/configfile and cli/config/credentials. The client goes on without a
login where it cannot read the file, and so does whoever catches ClientConfigError.
"""

from __future__ import annotations

import base64
import binascii
import json
import os

from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    is_same_registry,
)

# What a helper says that has no login for a registry (docker-credential-helpers, errors.go).
_NO_SUCH_LOGIN = "credentials not found in native keychain"
_TEXTS = ("identitytoken", "registrytoken")


class ClientConfigError(Exception):
    """The file, or the credential helper that it names, gives no login; names it and says why."""


class ClientConfig:
    """The content of one config.json at `path`."""

    def __init__(self, path, content):
        self.path = path
        self._content = content

    @classmethod
    def read(cls):
        """Read the file of the user who runs this; one that is not there or is empty has no login.

        Raises ClientConfigError where it cannot be read.
        """
        folder = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
        path = os.path.join(folder, "config.json")
        try:
            with open(path, encoding="utf-8") as handle:
                text = handle.read()
            content = json.loads(text) if text.strip() else {}
        except FileNotFoundError:
            content = {}
        except (OSError, ValueError, RecursionError) as exc:
            raise ClientConfigError(f"{path} on this host cannot be read ({_why(exc)})") from exc
        if content is not None and not isinstance(content, dict):
            raise ClientConfigError(f"{path} on this host must be a JSON object")
        return cls(path, content or {})

    def login(self, key, *, run_command):
        """Return the login for a registry, or None; `run_command` is that of an AnsibleModule.

        Raises ClientConfigError where what is stored for it cannot be read.
        """
        helper = _of_registry(self._mapping("credHelpers"), key) or self._content.get("credsStore")
        found = self._ask_helper(helper, key, run_command) if helper else None
        return found or self._stored(key)

    def _stored(self, key):
        entry = _of_registry(self._mapping("auths"), key)
        if entry is None:
            return None
        try:
            return _login(entry, key)
        except (AttributeError, TypeError, ValueError) as exc:
            said = f"the entry {key} in auths of {self.path} on this host cannot be read"
            raise ClientConfigError(said) from exc

    def _mapping(self, name):
        found = self._content.get(name)
        if found is not None and not isinstance(found, dict):
            raise ClientConfigError(f"{name} in {self.path} on this host must be a JSON object")
        return found or {}

    def _ask_helper(self, helper, key, run_command):
        """Ask by the protocol of Docker's credential helpers: registry on stdin, JSON on stdout.

        Source: https://github.com/docker/docker-credential-helpers
        """
        program = f"docker-credential-{helper}"
        named = f"the credential helper {program}, which {self.path} on this host names,"
        try:
            code, out, _err = run_command([program, "get"], data=key, handle_exceptions=False)
        except (OSError, ValueError) as exc:
            raise ClientConfigError(f"{named} cannot be run ({_why(exc)})") from exc
        if code != 0:
            if _NO_SUCH_LOGIN in out:
                return None
            raise ClientConfigError(f"{named} ended with {code}")
        try:
            return _helped(json.loads(out), key)
        except (KeyError, TypeError, ValueError) as exc:
            raise ClientConfigError(f"{named} gave no login that can be read") from exc


def _login(entry, key):
    tokens = {name: entry[name] for name in _TEXTS if entry.get(name)}
    user, password = entry.get("username"), entry.get("password")
    if entry.get("auth"):
        user, password = _decoded(entry["auth"])
    if tokens:
        return {**tokens, "serveraddress": key}
    return {"username": user, "password": password, "serveraddress": key} if user else None


def _decoded(auth):
    try:
        text = base64.b64decode(auth, validate=True).decode()
    except binascii.Error as exc:
        raise ValueError("not Base64") from exc
    user, colon, password = text.partition(":")
    if not colon:
        raise ValueError("no password")
    return user, password.strip("\0")


def _helped(found, key):
    if found["Username"] == "<token>":
        return {"identitytoken": found["Secret"], "serveraddress": key}
    return {"username": found["Username"], "password": found["Secret"], "serveraddress": key}


def _of_registry(found, key):
    """Return what stands under this key, or else under another name of its registry."""
    same = (value for name, value in found.items() if is_same_registry(name, key))
    return found[key] if key in found else next(same, None)


def _why(exc):
    # Not what is in the file: it holds passwords.
    if isinstance(exc, OSError):
        return exc.strerror or "no reason given"
    if isinstance(exc, json.JSONDecodeError):
        return f"{exc.msg}, line {exc.lineno} column {exc.colno}"
    return "it is not UTF-8" if isinstance(exc, UnicodeDecodeError) else "it is not JSON"
