# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing rounds: push, hurt, heal, come to rest, look."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress

from fleet import images
from fleet.chaos import faults
from fleet.chaos.observer import broken_invariants
from fleet.chaos.plan import Blow, Round, plan
from fleet.chaos.records import broken_records, repeat_changes_nothing
from fleet.daemons import UPDATE_RUNTIME
from fleet.errors import FleetError
from fleet.image_format import Image
from fleet.observe import every_host_runs, running_digests
from fleet.service import Service
from fleet.waiting import wait_for

# Longer than the longest pause before hosts that were away are tried again (Bridge).
_QUIET_S = 6.0
_ROUND_S = 90.0
_STEP_S = 20.0

_CONTAINER = {
    "init": True,
    "runtime": UPDATE_RUNTIME,
    "networks": [{"name": name} for name in faults.NETWORKS],
}
_IMAGES: dict[str, Callable[[str], Image]] = {
    "healthy": lambda version: images.bulky(version, 400),
    "exits at once": images.exits_at_once,
    "never healthy": images.never_healthy,
}


class Campaign:
    """Rounds on one service; each begins where the last one ended."""

    def __init__(self, service: Service, seed: int) -> None:
        self.seed = seed
        self._service = service

    def round(self, number: int) -> Round:
        """Return what will happen in a round."""
        hosts = len(self._service.fleet.hosts)
        return plan(self.seed, number, faults=faults.NAMES, one_of=faults.ONE_OF, hosts=hosts)

    def establish(self) -> None:
        """Have one healthy version run everywhere, of all that a fault can hurt."""
        for host in self._service.fleet.hosts:
            networks = host.docker("network", "ls", "--format", "{{.Name}}").split()
            for missing in set(faults.NETWORKS) - set(networks):
                host.docker("network", "create", missing)
        self._service.establish(container=_CONTAINER)

    def play(self, wanted: Round) -> list[str]:
        """Play a round to its end and return the invariants that it broke."""
        self.establish()
        old = self._service.good
        new = self._push_and_hurt(wanted)
        goal = new if wanted.image == "healthy" else old
        self._come_to_rest(new, goal)
        self._restart(wanted)
        problems = self._inspect(old, goal)
        if not problems and not every_host_runs(self._service.fleet, goal):
            problems = self._deploy(goal)
        return problems or repeat_changes_nothing(self._service, new)

    def _push_and_hurt(self, wanted: Round) -> str:
        with ExitStack() as blows:
            for blow in wanted.blows:
                if blow.step == "push":
                    blows.enter_context(self._begin(blow))
            digest = self._service.push_version(_IMAGES[wanted.image])
            for blow in wanted.blows:
                if blow.step != "push":
                    self._wait_for_step(blow.step, digest)
                    blows.enter_context(self._begin(blow))
            time.sleep(max(blow.lasts for blow in wanted.blows))
        return digest

    def _begin(self, blow: Blow) -> AbstractContextManager[object]:
        return faults.begin(blow.fault, self._service, self._service.fleet.hosts[blow.host])

    def _wait_for_step(self, step: str, digest: str) -> None:
        """Wait for the step; a run that another fault keeps from it is hurt where it is."""
        with suppress(FleetError, OSError):
            wait_for(
                lambda: self._service.begun(f"{step} |", digest), step, seconds=_STEP_S, pause=0.05
            )

    def _come_to_rest(self, new: str, goal: str) -> None:
        """Wait until all hosts run the goal and nothing works any more, or nothing has for long."""
        rest = _Rest(self._service, new, goal)
        wait_for(rest.reached, "the bridge to come to rest", seconds=_ROUND_S, pause=0.2)

    def _restart(self, wanted: Round) -> None:
        """Restart one daemon after all is over: what ran runs again, whatever was put back."""
        if wanted.restarted is None:
            return
        host = self._service.fleet.hosts[wanted.restarted]
        before = running_digests(host)
        host.stop_docker()
        host.start_docker()
        wait_for(lambda: running_digests(host) == before, "what ran to run again", seconds=_STEP_S)

    def _inspect(self, *digests: str) -> list[str]:
        allowed = {digest: self._service.version_of(digest) for digest in digests}
        return [*broken_invariants(self._service, allowed), *broken_records(self._service)]

    def _deploy(self, digest: str) -> list[str]:
        """What a person does after a run that failed for a fault: deploy again."""
        done = self._service.bridge.command("deploy", "shop", "--digest", digest)
        if done.returncode != 0:
            return [f"an explicit deploy after all was healed fails: {done.stdout}{done.stderr}"]
        return self._inspect(digest)


class _Rest:
    """Whether nothing works any more: at once where the goal is reached, else after a while."""

    def __init__(self, service: Service, new: str, goal: str) -> None:
        self._service, self._new, self._goal = service, new, goal
        self._quiet_since = time.monotonic()

    def reached(self) -> bool:
        if not self._service.quiet_after(self._new):
            self._quiet_since = time.monotonic()
            return False
        done = every_host_runs(self._service.fleet, self._goal)
        return done or time.monotonic() - self._quiet_since > _QUIET_S
