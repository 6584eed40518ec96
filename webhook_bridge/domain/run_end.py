# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end of a run means for its app, its release, its digest and its hosts: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from webhook_bridge.domain import app_state
from webhook_bridge.domain.consequences import ROLLOUTS, Consequence, Situation, consequence_of
from webhook_bridge.domain.drift import may_reconcile, to_reconcile
from webhook_bridge.domain.host_knowledge import after_observation, after_outcome
from webhook_bridge.domain.hosts import HostState, KeptContainer, Observation
from webhook_bridge.domain.inventory import after_reading, first_known, still_new
from webhook_bridge.domain.outcomes import RunResult, as_canceled, before_tries
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.run_end_facts import Ended, Known, Policy, ReconcilePolicy, RunEnd
from webhook_bridge.domain.runs import Work


def run_end(work: Work, ended: Ended, known: Known, policy: Policy, *, now: float) -> RunEnd:
    """Decide all that follows from the end of a run."""
    work, result = _without(work, ended.removed), _naming(ended.result, ended.removed)
    if result.state == "interrupted" and known.canceled_by is not None:
        result = as_canceled(result)
    consequence = consequence_of(result, _situation(work, result, known, policy))
    end = applied(work, result, consequence, known, now=now)
    row = end.row
    if row is None:
        return end
    end = _with_inventory(end, work, ended, known, policy, now=now)
    if work.run.kind == "observe":
        return _after_observation(
            end, row, work, ended.observations, known, policy.reconcile, now=now
        )
    if work.run.kind == "reconcile":
        return _after_reconcile(end, row, work, known, policy.reconcile, now=now)
    return end


def _with_inventory(
    end: RunEnd, work: Work, ended: Ended, known: Known, policy: Policy, *, now: float
) -> RunEnd:
    """Add which hosts the app has, where the run was for all: it read the inventory, too."""
    hosts = [look.host for look in ended.observations] or list(ended.expected)
    if not hosts or work.run.hosts or work.run.kind not in (*ROLLOUTS, "observe"):
        return end
    before = known.inventory or first_known(work.run.app, known.states)
    after = after_reading(before, hosts, policy.loss, now=now)
    states = {**known.states, **{state.host: state for state in end.states}}
    return replace(end, inventory=still_new(after, states))


def cut_off_end(work: Work, result: RunResult, known: Known, *, now: float) -> RunEnd:
    """Decide what follows where the bridge, or the death of a worker, cut a run off.

    Its wish stays open; not where somebody had canceled the run: then it has ended for good.
    """
    if known.canceled_by is not None:
        consequence = Consequence(True, "canceled" if work.run.kind in ROLLOUTS else None)
        return applied(work, as_canceled(result), consequence, known, now=now)
    if _is_lost(work, known):
        return RunEnd(result)
    states = _after_outcomes(work, result, known, now=now)
    return RunEnd(result, app_state.cut_off(known.row), states=states)


def applied(
    work: Work, result: RunResult, consequence: Consequence, known: Known, *, now: float
) -> RunEnd:
    """Return what a consequence makes of all that is known; of nothing where the app was lost.

    A wish that came meanwhile is not undone: the row is then that one's already.
    """
    reason = "; ".join(part for part in (result.reason, consequence.note) if part)
    result = replace(result, reason=reason)
    if _is_lost(work, known):
        return RunEnd(result)
    run = work.run
    row = app_state.concluded(known.row, generation=run.generation, answered=consequence.answered)
    newest = row.generation == run.generation
    overtaken = not newest and consequence.release_state == "failed"
    end = RunEnd(
        result,
        row,
        release_state="superseded" if overtaken else consequence.release_state,
        hold=consequence.hold,
        states=_after_outcomes(work, result, known, now=now),
    )
    if newest and run.kind not in ("reconcile", "observe"):
        return _settled(end, row, work, consequence, known.before, now=now)
    return end


def _is_lost(work: Work, known: Known) -> bool:
    """Return whether another worker has the app by now; the epoch fences the one thought dead."""
    return known.row.owner is None or known.row.epoch != work.run.epoch


def _settled(
    end: RunEnd,
    row: AppRow,
    work: Work,
    consequence: Consequence,
    before: Release | None,
    *,
    now: float,
) -> RunEnd:
    """Set what is still open; without a release to go back to, no host waits for it.

    The release before becomes the desired one again, whatever a rollback had held it for.
    """
    pending = consequence.pending_hosts
    lifted = None
    if consequence.go_back and before is None:
        pending = ()
    elif consequence.go_back and before is not None:
        row = app_state.returned_to(row, before.id)
        lifted = before.digest if work.release.cause == "rollback" else None
    is_open = bool(pending or consequence.restore_targets) or not consequence.answered
    row = app_state.settled(
        row,
        pending_hosts=pending,
        restore_targets=consequence.restore_targets,
        attempts=work.attempts + 1 if is_open else 0,
        due_at=now + consequence.wait,
    )
    return replace(end, row=row, lifted=lifted)


def _after_outcomes(
    work: Work, result: RunResult, known: Known, *, now: float
) -> tuple[HostState, ...]:
    app = work.run.app
    return tuple(
        after_outcome(known.states.get(one.host, HostState(app, one.host)), one, now=now)
        for one in result.outcomes
    )


def _after_observation(
    end: RunEnd,
    row: AppRow,
    work: Work,
    observations: Sequence[Observation],
    known: Known,
    policy: ReconcilePolicy,
    *,
    now: float,
) -> RunEnd:
    """Keep what was seen, and bring hosts up to date; a look that saw none leaves all as it is."""
    app = work.run.app
    states = tuple(
        after_observation(known.states.get(look.host, HostState(app, look.host)), look, now=now)
        for look in observations
    )
    hosts = _to_bring(states, row, work, known, policy, now=now)
    next_at = now + policy.every if policy.every else None
    return replace(
        end,
        row=app_state.observed(row, next_at=next_at, reconcile_hosts=hosts),
        states=states,
        looked_at=tuple(look.host for look in observations),
    )


def _to_bring(
    states: Iterable[HostState],
    row: AppRow,
    work: Work,
    known: Known,
    policy: ReconcilePolicy,
    *,
    now: float,
) -> tuple[str, ...]:
    release = known.desired
    if release is None or row.generation != work.run.generation:
        return ()
    if not may_reconcile(release, held=known.held):
        return ()
    waiting = [state for state in states if state.host not in row.pending_hosts]
    return to_reconcile(waiting, digest=release.digest, policy=policy.drift, now=now)


def _after_reconcile(
    end: RunEnd, row: AppRow, work: Work, known: Known, policy: ReconcilePolicy, *, now: float
) -> RunEnd:
    """Let each host that was not brought up to date wait longer before it is tried again."""
    states = {state.host: state for state in end.states}
    good = end.result.hosts("updated", "unchanged")
    for host in work.run.hosts:
        state = states.get(host) or known.states.get(host)
        if state is not None:
            wait = policy.back_off.after(state.attempts)
            tried = replace(state, attempts=state.attempts + 1, due_at=now + wait)
            states[host] = replace(state, attempts=0, due_at=0.0) if host in good else tried
    return replace(end, row=app_state.reconciled(row), states=tuple(states.values()))


def _situation(work: Work, result: RunResult, known: Known, policy: Policy) -> Situation:
    good = None if known.before is None else known.before.digest
    return Situation(
        kind=work.run.kind,
        digest=work.release.digest,
        back_off=policy.back_off,
        hosts=work.run.hosts,
        restore_targets=work.run.restore_targets,
        before=_ran_before(work, result, known, good=good),
        returns_to=good,
        attempts=work.attempts,
        on_failure=policy.on_failure,
    )


def _ran_before(
    work: Work, result: RunResult, known: Known, *, good: str | None
) -> dict[str, KeptContainer]:
    """Return what each host ran before this digest came to it, as far as that is known.

    `good` is the digest of the release before. A run that was cut off may have switched a host
    without a word of it: then what was known of the host counts.
    """
    digest = work.release.digest
    remembered = {
        state.host: KeptContainer(state.container_id, state.digest)
        for state in known.states.values()
        if state.container_id and state.digest and state.digest != digest
    }
    found = {host: list(kept) for host, kept in known.found.items()}
    for one in result.outcomes:
        if one.previous is not None:
            found.setdefault(one.host, []).append(one.previous)
    return remembered | {
        host: before_tries(kept, digest=digest, good=good) for host, kept in found.items()
    }


def _without(work: Work, removed: Sequence[str]) -> Work:
    """Return the work as if it had never been for these hosts."""
    run = work.run
    hosts = tuple(host for host in run.hosts if host not in removed)
    restore_targets = {
        host: kept for host, kept in run.restore_targets.items() if host not in removed
    }
    return replace(work, run=replace(run, hosts=hosts, restore_targets=restore_targets))


def _naming(result: RunResult, removed: Sequence[str]) -> RunResult:
    """Add to a run's reason whom it left out."""
    if not removed:
        return result
    sentence = f"left out, since the inventory has them no more for this app: {', '.join(removed)}"
    return replace(result, reason=f"{result.reason}; {sentence}")
