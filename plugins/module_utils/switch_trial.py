# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a container and watching whether it proves itself."""

from __future__ import annotations

import time

from ansible_collections.longshore.containers.plugins.module_utils.docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils.switch_plan import (
    BAD,
    GOOD,
    judge,
)

POLL_STARTING_S = 0.05
POLL_STABLE_S = 0.25
START_AGAIN_TRIES = 3


def start_and_await(engine, container, order):
    try:
        engine.start(container)
    except DockerError as exc:
        return f"it cannot be started: {exc}", engine.inspect(container.id)
    return await_proof(engine, container, timeout=order.timeout, stable_for=order.stable_for)


def start_again(engine, old, order):
    # The daemon may need a moment to let go of the failed one's ports.
    for attempt in range(START_AGAIN_TRIES):
        try:
            engine.start(old)
            break
        except DockerError as exc:
            problem = f"it cannot be started: {exc}"
            if attempt == START_AGAIN_TRIES - 1:
                return problem, engine.inspect(old.id)
            time.sleep(1 + attempt)
    return await_proof(engine, engine.inspect(old.id) or old, timeout=order.timeout, stable_for=0)


def await_proof(engine, container, *, timeout, stable_for):
    """Wait until a container is healthy and stays so; fail at once where it cannot become so."""
    deadline = time.monotonic() + timeout
    good_since = None
    while True:
        seen = engine.inspect(container.id)
        verdict, reason = judge(seen, restarts_before=container.restart_count)
        now = time.monotonic()
        if verdict == BAD:
            return reason, seen
        if verdict == GOOD:
            good_since = now if good_since is None else good_since
            if now - good_since >= stable_for:
                return "", seen
        elif now >= deadline:
            return f"it did not get healthy within {timeout:g} s", seen
        time.sleep(POLL_STARTING_S if verdict != GOOD else min(POLL_STABLE_S, stable_for))
