# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a container and watching whether it proves itself."""

from __future__ import annotations

import re
import time
from typing import NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import (
    BAD,
    PROVEN,
    STEADY,
    Progress,
    Sight,
    advance,
    ended_well,
    probe_word,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_probe import ask
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import HEALTH

# Each look costs a host some 2 ms of processor time.
POLL_STARTING_S = 0.1
POLL_STABLE_S = 0.25
START_AGAIN_TRIES = 3
TRIALS = 2
# It served before, so no more is asked than that it stays up. Whatever health.stable_for says: with
# a restart policy, one that ends at each start is `running` for a moment again and again. The
# daemon waits 0.1 s before it starts it again, and each time twice as long.
OLD_STABLE_S = 3.0

# What dockerd says of a port that another container, or another process, holds.
PORT_IS_HELD = "port is already allocated|address already in use"


class Trial(NamedTuple):
    """How it went: `reason` is empty after a success.

    `seen` is the container as last seen, `refused` says that the daemon did not do what it was
    asked for, `daemon_lost` that it went away meanwhile.
    """

    reason: str
    seen: object
    refused: bool = False
    daemon_lost: bool = False

    @property
    def remark(self):
        """What to add to the reason of a success."""
        return "; the Docker daemon went away meanwhile" if self.daemon_lost else ""

    @property
    def blames_image(self):
        """Whether the container itself failed, as it would again."""
        ran = self.seen is not None and not self.seen.paused
        return ran and not self.refused and not self.daemon_lost

    @property
    def advice(self):
        """What to do next after a failure."""
        if self.blames_image and ended_well(self.seen):
            return "deploy what goes on running"
        if self.blames_image:
            needs_time = self.seen.running and self.seen.health == "starting"
            longer = "if it needs longer to start, raise health.timeout; else " * needs_time
            return f"{longer}fix the image and push again"
        if self.daemon_lost:
            return "see why it did (journalctl -u docker), then deploy again"
        if re.search(PORT_IS_HELD, self.reason):
            return "free that port on this host or change published_ports, then deploy again"
        return "correct that on this host or in the app's options, then deploy again"


def on_trial(engine, attempt):
    """Do `attempt`, which returns (reason, container), and tell how it went as a Trial.

    What fails while the daemon goes away says nothing about the image, so it is tried once more.
    """
    lost = False
    for _count in range(TRIALS):
        with engine.watch() as daemon:
            trial = _attempted(attempt)
            gone = trial.daemon_lost or daemon.has_ended()
        lost = lost or gone
        if not gone or not trial.reason:
            return trial._replace(daemon_lost=lost and not trial.reason)
    said = f" ({trial.reason})" if trial.refused else ""
    reason = f"the Docker daemon went away each time that it was tried{said}"
    return Trial(reason, trial.seen, daemon_lost=True)


def _attempted(attempt):
    try:
        reason, seen = attempt()
    except DockerError as exc:
        # Without an answer there is no status.
        return Trial(str(exc), None, refused=True, daemon_lost=not exc.status)
    return Trial(reason, seen)


def start_and_await(engine, container, order):
    """Start a container and wait until it proved itself; (why not or empty, as last seen)."""
    try:
        engine.start(container)
    except DockerError as exc:
        raise DockerError(f"it cannot be started: {exc}", exc.status) from exc
    with order.times.taken(HEALTH):
        return await_proof(engine, container, order.health, _since(container))


def _since(container):
    # Docker keeps the results of health checks from before the start: they say nothing now.
    return Progress(last_check=container.checks[-1][0] if container.checks else "")


def start_again(engine, old, health):
    """Start the container that ran before; (why it does not run well or empty, as last seen)."""
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
    brief = health._replace(stable_for=OLD_STABLE_S)
    return await_proof(engine, engine.inspect(old.id) or old, brief, _since(old))


def await_proof(engine, container, health, progress=None):
    """Wait until a container is healthy and stays so; fail at once where it cannot become so."""
    with engine.fresh_reads():
        return _await_proof(engine, container, health, progress or Progress())


def _await_proof(engine, container, health, progress):
    began = time.monotonic()
    probe_due = 0.0
    while True:
        seen, at = engine.inspect(container.id), time.monotonic() - began
        probe = None
        if health.has_probe and seen is not None and seen.running and at >= probe_due:
            probe, probe_due = ask(health, seen), at + health.interval
        sight = Sight(at, seen, probe)
        progress = advance(progress, sight, health, restarts_before=container.restart_count)
        if progress.verdict in (BAD, PROVEN):
            word = probe_word(progress, health)
            return progress.reason, seen and seen._replace(probe=word)
        is_steady = progress.verdict == STEADY
        time.sleep(min(POLL_STABLE_S, health.stable_for) if is_steady else POLL_STARTING_S)
