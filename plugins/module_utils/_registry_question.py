# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a registry through a daemon: a few times, at random moments, and never for long."""

from __future__ import annotations

import random
import time

from ansible_collections.longshore.containers.plugins.module_utils._advice import (
    FAILING,
    PASSING,
    REGISTRY,
    UNREACHABLE,
    registry_kind,
    with_advice,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerTimeout,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    is_missing,
    is_refusal,
)

# A registry that is restarted, or has too much to do, gets this many tries.
TRIES = 3
FIRST_PAUSE_S = 1.0
# How much longer or shorter a pause is by chance, so that hosts that were refused together do not
# come back together.
JITTER = 0.5


class RegistryError(Exception):
    """The registry does not let this host have the image; the message says what to do.

    `cause` is one of _advice.PASSING where only the registry, or the way to it, is in trouble; else
    empty. `final` tells that another try is of no use.
    """

    def __init__(self, message, *, cause="", final=False):
        super().__init__(message)
        self.cause = cause
        self.final = final


def ask_registry(docker, reference, *, login, within):
    """Return what the registry says of `reference`, as the Engine API's distribution inspect does.

    `within` is the most seconds that all tries take. Raises RegistryError where it does not say.
    """
    deadline = time.monotonic() + within

    def ask():
        left = max(1.0, deadline - time.monotonic())
        return docker.get("distribution", reference, "json", headers=login.headers, timeout=left)

    return patiently(ask, login=login, deadline=deadline)


def patiently(ask, *, login, deadline=float("inf")):
    """Return what `ask` returns; where the registry is in trouble, try again after a pause.

    `deadline` is a time of time.monotonic after which no try begins. Raises RegistryError with the
    daemon's words and what helps.
    """
    for attempt in range(TRIES):
        try:
            return ask()
        except DockerError as exc:
            pause = pause_after(attempt)
            in_time = attempt + 1 < TRIES and time.monotonic() + pause < deadline
            if not in_time or not cause_of(exc) or isinstance(exc, DockerTimeout):
                raise explained(exc, login) from exc
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def pause_after(attempt):
    """Return the seconds to wait after a try: doubled each time, longer or shorter by chance."""
    return FIRST_PAUSE_S * 2**attempt * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- no secret


def come_at_random(spread):
    """Wait up to `spread` seconds, so that many hosts do not ask a registry at one moment."""
    if spread > 0:
        time.sleep(random.uniform(0, spread))  # noqa: S311 -- no secret


def cause_of(error):
    """Return why a registry that was asked does not serve for now, one of PASSING, or ''."""
    if isinstance(error, DockerTimeout):
        return UNREACHABLE
    kind = registry_kind(error)
    # What has no status is about the daemon, which has not asked any registry.
    return kind if kind in PASSING and getattr(error, "status", 0) else ""


def explained(error, login):
    """Return the RegistryError for a DockerError.

    A login that could not be lent, or is stored on the host and could not be read, is what is wrong
    where the registry wants one; some say then that they know no such image.
    """
    said = str(error)
    if isinstance(error, DockerTimeout):
        said = f"the registry gave no answer to this host's Docker within {error.seconds:.0f} s"
    final = is_refusal(error) or is_missing(error)
    if final and login.trouble:
        cause = FAILING if login.passing else ""
        return RegistryError(f"{said}; {login.trouble}", cause=cause, final=not login.passing)
    return RegistryError(with_advice(said, REGISTRY), cause=cause_of(error), final=final)
