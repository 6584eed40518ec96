# SPDX-License-Identifier: GPL-3.0-or-later
"""How what is known of a host changes, by an outcome of a run and by a look at it: pure."""

from __future__ import annotations

from dataclasses import replace

from webhook_bridge.domain.hosts import (
    UNHEALTHY_STATES,
    HostState,
    KeptContainer,
    Observation,
    SeenContainer,
)
from webhook_bridge.domain.outcomes import Outcome

# More than a host keeps at most (`keep`, 20): older ones cannot be there any more.
_MOST_KEPT = 20
_RUNNING = ("running", *UNHEALTHY_STATES)


def after_outcome(state: HostState, outcome: Outcome, *, now: float) -> HostState:
    """Return what is known of a host after a run reported this of it."""
    if outcome.outcome == "skipped" or outcome.step == "report":
        return state
    if outcome.outcome == "unreachable":
        return replace(state, reached=False, reason=outcome.reason)
    daemon = outcome.daemon or state.daemon
    seen = replace(state, reached=True, seen_at=now, reason=outcome.reason, daemon=daemon)
    if outcome.outcome in ("updated", "unchanged"):
        return _after_success(seen, outcome)
    return _after_failure(seen, outcome)


def _after_success(state: HostState, outcome: Outcome) -> HostState:
    same = state.deployed_container == outcome.container
    return replace(
        state,
        digest=outcome.digest,
        container=outcome.container,
        container_id=state.container_id if same else None,
        health=outcome.health,
        deployed_container=outcome.container,
        deployed_container_id=state.deployed_container_id
        if same and outcome.outcome == "unchanged"
        else None,
        deployed_daemon=state.daemon,
        rejected_digest=None,
        failed=False,
        extra_container=None,
        other_options=(),
        kept=_added(state.kept, outcome.previous),
    )


def _after_failure(state: HostState, outcome: Outcome) -> HostState:
    """The old container runs again, or what runs is not known: what was placed stays placed."""
    on_trial = outcome.outcome == "restored" or bool(outcome.health or outcome.log)
    rejected_digest = outcome.digest if on_trial else state.rejected_digest
    after = replace(state, rejected_digest=rejected_digest)
    if outcome.running is None:
        return after
    return replace(after, digest=outcome.running, failed=not outcome.running)


def _added(
    kept: tuple[KeptContainer, ...], previous: KeptContainer | None
) -> tuple[KeptContainer, ...]:
    if previous is None:
        return kept
    others = tuple(one for one in kept if one.container != previous.container)
    return (*others, previous)[-_MOST_KEPT:]


def after_observation(state: HostState, observation: Observation, *, now: float) -> HostState:
    """Return what is known of a host after it was looked at."""
    if observation.unreachable:
        return replace(state, reached=False, reason=observation.unreachable)
    running = _running(observation, deployed_container=state.deployed_container)
    daemon = observation.daemon or None
    seen = replace(
        state, reached=True, seen_at=now, daemon=daemon, kept=_kept(observation), reason=""
    )
    if running is None:
        nothing = replace(seen, digest="", container=None, container_id=None, health=None)
        return replace(nothing, extra_container=None, other_options=())
    learned = state.deployed_container_id is None and running.name == state.deployed_container
    return replace(
        seen,
        digest=running.digest,
        container=running.name,
        container_id=running.id,
        health=running.state if running.state in UNHEALTHY_STATES else running.health,
        deployed_container_id=running.id if learned else state.deployed_container_id,
        deployed_daemon=daemon if learned else state.deployed_daemon,
        extra_container=_extra_container(observation, running),
        other_options=running.other_options or (),
        failed=False,
    )


def _running(observation: Observation, *, deployed_container: str | None) -> SeenContainer | None:
    """Return the container that runs; of several the one that a run of ours left there.

    One that is paused, or that Docker starts again and again, runs too: nobody stopped it.
    """
    running = [one for one in observation.containers if one.state in _RUNNING]
    ours = [one for one in running if one.name == deployed_container]
    well = [one for one in running if one.state not in UNHEALTHY_STATES]
    return next(iter([*ours, *well, *running]), None)


def _extra_container(observation: Observation, counts: SeenContainer) -> str | None:
    """Return the name of a container that runs beside the one that counts."""
    others = (one for one in observation.containers if one.state in _RUNNING and one != counts)
    return next((one.name for one in others), None)


def _kept(observation: Observation) -> tuple[KeptContainer, ...]:
    others = [one for one in observation.containers if one.state not in _RUNNING and one.id]
    return tuple(KeptContainer(one.id, one.digest) for one in others)[-_MOST_KEPT:]
