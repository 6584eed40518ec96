# SPDX-License-Identifier: GPL-3.0-or-later
"""From the end of a run to what is stored of it, also where the run was cut off."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection, update

from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.consequences import (
    ROLLOUTS,
    BackOff,
    Consequence,
    Situation,
    consequence_of,
)
from webhook_bridge.domain.host_knowledge import after_outcome
from webhook_bridge.domain.hosts import HostState, Kept, Look
from webhook_bridge.domain.outcomes import Outcome, RunResult, as_canceled, before_tries
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Work
from webhook_bridge.executor.events import read_report
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.runs.lost_hosts import telling_lost, without_lost
from webhook_bridge.runs.reconciling import ReconcilePolicy, conclude_look, conclude_reconcile
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import Store, claims, host_states, releases, runs
from webhook_bridge.store.tables import app

_log = logging.getLogger(__name__)

_DIED = "the process that ran it ended; a bridge that serves runs it again"


def ran_before(
    connection: Connection, work: Work, outcomes: Sequence[Outcome], *, good: str | None
) -> Mapping[str, Kept]:
    """Return what each host ran before this digest came to it, as far as that is known.

    `good` is the digest of the release before. A run that was cut off may have switched a host
    without a word of it: then what was known of the host counts.
    """
    known = host_states.of_app(connection, work.run.app).values()
    remembered = {
        state.host: Kept(state.container_id, state.digest)
        for state in known
        if state.container_id and state.digest and state.digest != work.release.digest
    }
    told = runs.ran_before(connection, work.release.id)
    for one in outcomes:
        if one.previous is not None:
            told.setdefault(one.host, []).append(one.previous)
    digest = work.release.digest
    return remembered | {
        host: before_tries(kept, digest=digest, good=good) for host, kept in told.items()
    }


def finish(
    connection: Connection, work: Work, *, result: RunResult, consequence: Consequence, now: float
) -> bool:
    """Record a run's end and what follows from it; return False when the app was lost meanwhile.

    The epoch fences: a worker that was thought dead writes only to its own run.
    """
    run = work.run
    reason = "; ".join(part for part in (result.reason, consequence.note) if part)
    runs.finish(connection, run.id, state=result.state, reason=reason, now=now)
    runs.add_outcomes(connection, run.id, list(result.outcomes))
    freed = connection.execute(
        update(app).where(app.c.name == run.app, app.c.epoch == run.epoch).values(owner=None)
    )
    if freed.rowcount != 1:
        return False
    note_outcomes(connection, run.app, result.outcomes, now=now)
    _apply(connection, work, consequence=consequence, now=now)
    return True


def note_outcomes(
    connection: Connection, name: str, outcomes: Sequence[Outcome], *, now: float
) -> None:
    """Bring what is known of the hosts up to date."""
    known = host_states.of_app(connection, name)
    states = [
        after_outcome(known.get(one.host, HostState(name, one.host)), one, now=now)
        for one in outcomes
    ]
    host_states.save(connection, states)


def _apply(connection: Connection, work: Work, *, consequence: Consequence, now: float) -> None:
    name, digest = work.run.app, work.release.digest
    row = releases.locked_app_row(connection, name)
    newest = row.generation == work.run.generation
    previous = releases.before(connection, work.release) if consequence.go_back else None
    if consequence.release_state is not None:
        overtaken = not newest and consequence.release_state == "failed"
        state = "superseded" if overtaken else consequence.release_state
        releases.mark(connection, work.release.id, state)
    if consequence.hold is not None:
        reason = consequence.hold
        releases.hold(connection, name, digest, reason=reason, run_id=work.run.id, now=now)
    if consequence.answered:
        releases.update_app(connection, name, applied_generation=work.run.generation)
    if newest and work.run.kind not in ("reconcile", "observe"):
        _go_back(connection, work, previous)
        _settle(connection, work, consequence, previous=previous, now=now)


def _go_back(connection: Connection, work: Work, previous: Release | None) -> None:
    """Make the release before the desired one again, whatever a rollback had held it for."""
    if previous is not None:
        releases.update_app(connection, work.run.app, release_id=previous.id)
        if work.release.cause == "rollback":
            releases.let_go(connection, work.run.app, previous.digest)


def _settle(
    connection: Connection,
    work: Work,
    consequence: Consequence,
    *,
    previous: Release | None,
    now: float,
) -> None:
    """Set what is still open for the app; without a release to go back to, no host waits for it."""
    nothing_before = consequence.go_back and previous is None
    pending = () if nothing_before else consequence.pending_hosts
    open_work = bool(pending or consequence.back) or not consequence.answered
    releases.update_app(
        connection,
        work.run.app,
        pending_hosts=list(pending),
        back={host: asdict(kept) for host, kept in consequence.back.items()},
        attempts=work.attempts + 1 if open_work else 0,
        due_at=now + consequence.wait,
    )


@dataclass(frozen=True)
class Policy:
    """What an app and the settings say about the end of a run."""

    back_off: BackOff
    on_failure: Literal["restore", "halt"]
    reconcile: ReconcilePolicy


def conclude(
    store: Store,
    work: Work,
    result: RunResult,
    *,
    policy: Policy,
    looks: Sequence[Look] = (),
    lost: Sequence[str] = (),
) -> bool:
    """Store how a run ended and what follows; return False when the app was lost meanwhile.

    `lost` are hosts that it was for and that the inventory has no more: nothing waits for them.
    """
    now = time.time()
    work, result = without_lost(work, lost), telling_lost(result, lost)
    with store.write() as connection:
        if result.state == "interrupted" and runs.get(connection, work.run.id).canceled_by:
            result = as_canceled(result)
        consequence = consequence_of(result, _situation(connection, work, policy, result))
        kept = finish(connection, work, result=result, consequence=consequence, now=now)
        if kept and work.run.kind == "observe":
            conclude_look(connection, work, looks, policy=policy.reconcile, now=now)
        if kept and work.run.kind == "reconcile":
            conclude_reconcile(connection, work, result, policy=policy.reconcile, now=now)
        return kept


def _situation(connection: Connection, work: Work, policy: Policy, result: RunResult) -> Situation:
    previous = releases.before(connection, work.release)
    good = None if previous is None else previous.digest
    return Situation(
        kind=work.run.kind,
        digest=work.release.digest,
        back_off=policy.back_off,
        hosts=work.run.hosts,
        back=work.run.back,
        before=ran_before(connection, work, result.outcomes, good=good),
        returns_to=good,
        attempts=work.attempts,
        on_failure=policy.on_failure,
    )


def give_back(store: Store, work: Work, result: RunResult) -> None:
    """Free an app whose run the bridge ended itself; the next start runs it again.

    Not if somebody had canceled the run: then it has ended for good.
    """
    with store.write() as connection:
        _end_early(connection, work, result)


def free_from_the_dead(settings: Settings, store: Store, worker: WorkerIdentity) -> None:
    """Free the apps whose workers died."""
    with store.read() as connection:
        owners = claims.owners(connection)
    for name, owner in owners.items():
        if worker.is_dead(owner):
            _log.warning("app %s: its worker %s died; taking over", name, owner)
            _take_over(settings, store, name, owner=owner)


def _take_over(settings: Settings, store: Store, app: str, *, owner: str) -> None:
    """Free an app whose worker died, and keep what its run had reported until then.

    Without it, nobody would know what the hosts it had switched ran before. Where another process
    was faster, the app may have a new worker by now: it stays with that one.
    """
    with store.write() as connection:
        row = releases.locked_app_row(connection, app)
        if row.owner != owner:
            return
        for run in runs.running(connection, app):
            events = RunFiles.of(settings.state_dir, run.id).events
            report = read_report(events, exit_code=None)
            work = Work(releases.find(connection, run.release_id), run, 0)
            _end_early(connection, work, RunResult("interrupted", _DIED, report.outcomes))
        claims.give_back(connection, app, epoch=row.epoch, reason=_DIED, now=time.time())


def _end_early(connection: Connection, work: Work, result: RunResult) -> None:
    now = time.time()
    if runs.get(connection, work.run.id).canceled_by is None:
        runs.add_outcomes(connection, work.run.id, result.outcomes)
        name, epoch = work.run.app, work.run.epoch
        if claims.give_back(connection, name, epoch=epoch, reason=result.reason, now=now):
            note_outcomes(connection, name, result.outcomes, now=now)
        return
    consequence = Consequence(True, "canceled" if work.run.kind in ROLLOUTS else None)
    result = as_canceled(result)
    finish(connection, work, result=result, consequence=consequence, now=now)
