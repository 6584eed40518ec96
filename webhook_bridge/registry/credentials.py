# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the credentials for a registry come from: the settings, or a credential helper.

Protocol of helpers: https://github.com/docker/docker-credential-helpers, "Development": the word
``get``, the registry on standard input, a JSON object on standard output.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from webhook_bridge.domain.references import DOCKER_HUB
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.login import Authorization, basic_authorization
from webhook_bridge.strict_json import MalformedBody, parse_object

HELPER_TIMEOUT_S = 20.0
_KEPT_S = 600.0
# A helper shall find its own settings (AWS_PROFILE, HOME), but none of our secrets.
_OURS = "LONGSHORE_"
_DOCKER_HUB_AS_HELPERS_KNOW_IT = "https://index.docker.io/v1/"
_IDENTITY_TOKEN = "<token>"  # noqa: S105 - the user name that says that the secret is none


class HelperFailed(Exception):
    """A credential helper gave nothing; the message says why, without what it printed."""


@dataclass(frozen=True)
class Login:
    """A user and a password, or a token in its place."""

    username: str
    password: str = field(repr=False)


class Credentials:
    """The credentials for one registry; may be used by several threads at once."""

    def __init__(self, access: RegistryAccess) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._kept: tuple[Authorization, float] | None = None

    @property
    def key(self) -> str:
        """Return whose they are, without a secret."""
        return self._access.username or " ".join(self._access.credential_command)

    def get(self) -> Authorization | None:
        """Return them for Basic authentication, None where there are none.

        :raises HelperFailed: where the helper gives none.
        """
        if self._access.username is not None:
            return basic_authorization(self._access.username, self._access.password or "")
        if not self._access.credential_command:
            return None
        with self._lock:
            if self._kept is None or time.monotonic() >= self._kept[1]:
                login = ask_helper(self._access.credential_command, self._access.host)
                asked = basic_authorization(login.username, login.password)
                self._kept = asked, time.monotonic() + _KEPT_S
            return self._kept[0]

    def kept(self) -> Authorization | None:
        """Return what a helper gave before, which the next question would use."""
        with self._lock:
            is_good = self._kept is not None and time.monotonic() < self._kept[1]
            return self._kept[0] if self._kept is not None and is_good else None

    def forget(self) -> None:
        """Ask the helper anew the next time: the registry refused what it gave."""
        with self._lock:
            self._kept = None


def login_of(access: RegistryAccess) -> Login | None:
    """Return the login for a registry as it is now, None where there is none.

    A helper is asked anew, so that a token has its whole time before it. How long that is, nobody
    says: helpers give no expiry.

    :raises HelperFailed: where the helper gives none.
    """
    if access.username is not None:
        return Login(access.username, access.password or "")
    if access.credential_command:
        return ask_helper(access.credential_command, access.host)
    return None


def ask_helper(
    command: tuple[str, ...], registry: str, *, timeout_s: float = HELPER_TIMEOUT_S
) -> Login:
    """Run a credential helper and return what it gives for a registry.

    :raises HelperFailed: where it gives nothing that can be used, or takes too long.
    """
    server = _DOCKER_HUB_AS_HELPERS_KNOW_IT if registry == DOCKER_HUB else registry
    output = _run([*command, "get"], server, timeout_s)
    try:
        answer = parse_object(output)
    except MalformedBody as error:
        raise HelperFailed(f"{command[0]} does not answer as a credential helper does") from error
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        raise HelperFailed(f"{command[0]} knows no credentials for {server}")
    if username == _IDENTITY_TOKEN:
        raise HelperFailed(
            f"{command[0]} gives an identity token for {server}, and not a user and a password; "
            "set username and password_file instead"
        )
    return Login(username, secret)


def _run(argv: list[str], server: str, timeout_s: float) -> bytes:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise HelperFailed(f"{argv[0]} cannot be run: {error.strerror}") from error
    with process:
        try:
            output, _ = process.communicate(f"{server}\n".encode(), timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise HelperFailed(f"{argv[0]} took longer than {timeout_s:g} s") from error
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise HelperFailed(f"{argv[0]} ended with exit code {process.returncode}")
    return output
