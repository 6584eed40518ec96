# SPDX-License-Identifier: GPL-3.0-or-later
"""One run for people: which hosts failed and why, how far it is, and where its time went."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.host_progress import HostProgress, progress_of
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.run_steps import HostStep, RunSteps
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.reconcile import why_not
from webhook_bridge.operations.usual_duration import usual_seconds
from webhook_bridge.operations.versions import versions_of
from webhook_bridge.operations.waterfall import Waterfall, waterfall
from webhook_bridge.store import deliveries, fleet, releases, run_steps, runs

_ORDER = (
    "failed",
    "restored",
    "unreachable",
    "registry_trouble",
    "skipped",
    "updated",
    "unchanged",
)
_FAILURES = ("failed", "restored")
# However many fail, the first ones say why.
MOST_FAILURES = 10
MOST_HOSTS = 400


@dataclass(frozen=True)
class RunOverview:
    """All that the page of a run shows."""

    run: Run
    release: Release
    version: str
    delivery: Delivery | None
    outcomes: Sequence[Outcome]
    waiting: Sequence[HostProgress]
    """Where hosts are that have yet to report, while the run goes on; those that wait last."""
    waterfall: Waterfall
    steps: Mapping[str, Sequence[HostStep]]
    """What each host went through, in its order, with when."""
    usual_seconds: float | None
    may_retry: bool
    """Whether hosts that differ from this release may be retried, without deploying it again."""
    now: float

    @property
    def failures(self) -> Sequence[Outcome]:
        """What failed, with the container's last words."""
        return [one for one in self.outcomes if one.outcome in _FAILURES]

    @property
    def counts(self) -> Counter[str]:
        """How many hosts ended in each way."""
        return Counter(one.outcome for one in self.outcomes)

    @property
    def seconds(self) -> float:
        """How long the run took, or has taken."""
        return (self.run.ended_at or self.now) - self.run.started_at


def run_overview(connection: Connection, run: Run) -> RunOverview:
    """Return a run, with the delivery that brought its release."""
    release = releases.find(connection, run.release_id)
    outcomes = sorted(
        runs.outcomes(connection, run.id), key=lambda one: (_ORDER.index(one.outcome), one.host)
    )
    delivery = _delivery(connection, run, release)
    steps, now = run_steps.of_run(connection, run.id), time.time()
    return RunOverview(
        run=run,
        release=release,
        version=versions_of(connection, [run.app])[run.app].of(release.digest),
        delivery=delivery,
        outcomes=outcomes,
        waiting=progress_of(_waiting(connection, run, outcomes, steps), steps),
        waterfall=waterfall(connection, run, steps, now=now),
        steps=_by_host(steps),
        usual_seconds=usual_seconds(connection, run.app),
        may_retry=_may_retry(connection, release),
        now=now,
    )


def _may_retry(connection: Connection, release: Release) -> bool:
    desired = releases.desired(connection, release.app)
    is_desired = desired is not None and desired.id == release.id
    return is_desired and why_not(connection, release.app) is None


def _by_host(steps: RunSteps) -> Mapping[str, Sequence[HostStep]]:
    found: dict[str, list[HostStep]] = {}
    for one in steps.steps:
        found.setdefault(one.host, []).append(one)
    return found


def _delivery(connection: Connection, run: Run, release: Release) -> Delivery | None:
    """Return the delivery behind a rollout; what repairs or looks later was brought by nobody."""
    if release.delivery_id is None or run.kind not in ("deploy", "rollback"):
        return None
    return next(iter(deliveries.find(connection, release.delivery_id)), None)


def _waiting(
    connection: Connection, run: Run, outcomes: Sequence[Outcome], steps: RunSteps
) -> Sequence[str]:
    if run.state != "running" or run.kind == "observe":
        return ()
    hosts = run.hosts or [one.host for one in fleet.states(connection, [run.app]).get(run.app, ())]
    # Of hosts that no run has seen before, their steps are the first that is known.
    met = [one.host for one in steps.steps]
    told = {one.host for one in outcomes}
    return [host for host in dict.fromkeys([*hosts, *met]) if host not in told]
