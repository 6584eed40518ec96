# SPDX-License-Identifier: GPL-3.0-or-later
"""How what is known of a host changes, by an outcome of a run and by a look at it: pure."""

from __future__ import annotations

from dataclasses import replace

from webhook_bridge.domain.hosts import NOT_WELL, HostState, Kept, Look, SeenContainer
from webhook_bridge.domain.outcomes import Outcome

# More than a host keeps at most (`keep`, 20): older ones cannot be there any more.
_MOST_KEPT = 20
_RUNNING = ("running", *NOT_WELL)


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
    same = state.placed == outcome.container
    return replace(
        state,
        digest=outcome.digest,
        container=outcome.container,
        container_id=state.container_id if same else None,
        health=outcome.health,
        placed=outcome.container,
        placed_id=state.placed_id if same and outcome.outcome == "unchanged" else None,
        placed_daemon=state.daemon,
        refused=None,
        beside=None,
        kept=_added(state.kept, outcome.previous),
    )


def _after_failure(state: HostState, outcome: Outcome) -> HostState:
    """The old container runs again, or what runs is not known: what was placed stays placed."""
    on_trial = outcome.outcome == "restored" or bool(outcome.health or outcome.log)
    refused = outcome.digest if on_trial else state.refused
    digest = state.digest if outcome.running is None else outcome.running
    return replace(state, digest=digest, refused=refused)


def _added(kept: tuple[Kept, ...], previous: Kept | None) -> tuple[Kept, ...]:
    if previous is None:
        return kept
    others = tuple(one for one in kept if one.container != previous.container)
    return (*others, previous)[-_MOST_KEPT:]


def after_look(state: HostState, look: Look, *, now: float) -> HostState:
    """Return what is known of a host after it was looked at."""
    if look.unreachable:
        return replace(state, reached=False, reason=look.unreachable)
    running = _running(look, placed=state.placed)
    daemon = look.daemon or None
    seen = replace(state, reached=True, seen_at=now, daemon=daemon, kept=_kept(look), reason="")
    if running is None:
        nothing = replace(seen, digest="", container=None, container_id=None, health=None)
        return replace(nothing, beside=None)
    learned = state.placed_id is None and running.name == state.placed
    return replace(
        seen,
        digest=running.digest,
        container=running.name,
        container_id=running.id,
        health=running.state if running.state in NOT_WELL else running.health,
        placed_id=running.id if learned else state.placed_id,
        placed_daemon=daemon if learned else state.placed_daemon,
        beside=_beside(look, running),
    )


def _running(look: Look, *, placed: str | None) -> SeenContainer | None:
    """Return the container that runs; of several the one that a run of ours left there.

    One that is paused, or that Docker starts again and again, runs too: nobody stopped it.
    """
    running = [one for one in look.containers if one.state in _RUNNING]
    ours = [one for one in running if one.name == placed]
    well = [one for one in running if one.state not in NOT_WELL]
    return next(iter([*ours, *well, *running]), None)


def _beside(look: Look, counts: SeenContainer) -> str | None:
    """Return the name of a container that runs beside the one that counts."""
    others = (one for one in look.containers if one.state in _RUNNING and one != counts)
    return next((one.name for one in others), None)


def _kept(look: Look) -> tuple[Kept, ...]:
    others = [one for one in look.containers if one.state not in _RUNNING and one.id]
    return tuple(Kept(one.id, one.digest) for one in others)[-_MOST_KEPT:]
