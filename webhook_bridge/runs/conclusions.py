# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run, also of one that was cut off: load what is known, decide, save."""

from __future__ import annotations

import logging
import time

from sqlalchemy import Connection

from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.outcomes import RunResult
from webhook_bridge.domain.run_end import cut_off_end, run_end
from webhook_bridge.domain.run_end_facts import Ended, Known, Policy, RunEnd
from webhook_bridge.domain.run_events import end_events
from webhook_bridge.domain.runs import Run, Work, judged
from webhook_bridge.executor.events import read_report
from webhook_bridge.executor.orphans import end_orphans
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.runs.inventory_reading import save_reading
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import (
    Store,
    events,
    holds,
    host_states,
    inventories,
    previous_containers,
    releases,
    run_steps,
    runs,
)

_log = logging.getLogger(__name__)

_DIED = "the process that ran it ended; a bridge that serves runs it again"


def conclude(store: Store, work: Work, ended: Ended, *, policy: Policy) -> bool:
    """Store how a run ended and what follows; return False when the app was lost meanwhile."""
    now = time.time()
    with store.write() as connection:
        known = load_run_end(connection, work)
        end = run_end(work, ended, known, policy, now=now)
        return save_run_end(connection, work, end, known, now=now)


def give_back(store: Store, work: Work, result: RunResult) -> None:
    """Free an app whose run the bridge ended itself; the next start runs it again."""
    with store.write() as connection:
        _cut_off(connection, work, result)


def free_from_the_dead(settings: Settings, store: Store, worker: WorkerIdentity) -> None:
    """Free the apps whose workers died."""
    with store.read() as connection:
        owners = releases.owners(connection)
    for name, owner in owners.items():
        if worker.is_dead(owner):
            _log.warning("app %s: its worker %s died; taking over", name, owner)
            _take_over(settings, store, name, owner=owner)


def _take_over(settings: Settings, store: Store, app: str, *, owner: str) -> None:
    """Free an app whose worker died; where another process was faster, it has a new one by now."""
    _end_orphans(settings, store, app, owner=owner)
    with store.write() as connection:
        if releases.locked_app_row(connection, app).owner == owner:
            for run in runs.running(connection, app):
                _end_of_the_dead(settings, connection, run)


def _end_orphans(settings: Settings, store: Store, app: str, *, owner: str) -> None:
    with store.read() as connection:
        is_owner = releases.app_row(connection, app).owner == owner
        left = runs.running(connection, app) if is_owner else []
    for run in left:
        end_orphans(RunFiles.of(settings.state_dir, run.id))


def _end_of_the_dead(settings: Settings, connection: Connection, run: Run) -> None:
    """Keep what a run had reported until its worker died.

    Without it, nobody would know what the hosts it had switched ran before.
    """
    report = read_report(RunFiles.of(settings.state_dir, run.id).events, exit_code=None)
    work = Work(releases.find(connection, run.release_id), run, 0)
    run_steps.put(connection, run.id, report.steps)
    _cut_off(connection, work, RunResult("interrupted", _DIED, judged(work, report.outcomes)))


def _cut_off(connection: Connection, work: Work, result: RunResult) -> None:
    now = time.time()
    known = load_run_end(connection, work)
    save_run_end(connection, work, cut_off_end(work, result, known, now=now), known, now=now)


def load_run_end(connection: Connection, work: Work) -> Known:
    """Return what is known when a run ends; nobody else changes it until the transaction ends."""
    name = work.run.app
    row = releases.locked_app_row(connection, name)
    return Known(
        row=row,
        canceled_by=runs.get(connection, work.run.id).canceled_by,
        desired=None if row.release_id is None else releases.find(connection, row.release_id),
        before=releases.before(connection, work.release),
        states=host_states.of_app(connection, name),
        found=previous_containers.ran_before(connection, work.release.id),
        held=holds.held_digests(connection, name, options=work.options or None),
        inventory=inventories.of_app(connection, name),
    )


def save_run_end(
    connection: Connection, work: Work, end: RunEnd, known: Known, *, now: float
) -> bool:
    """Write what was decided; return False where that is about the run alone."""
    run, result = work.run, end.result
    if runs.finish(connection, run.id, state=result.state, reason=result.reason, now=now):
        events.record(connection, *end_events(work, end, known, now=now))
        runs.put_outcomes(connection, run.id, result.outcomes)
    else:
        runs.add_outcomes(connection, run.id, result.outcomes)
    if end.row is None:
        return False
    releases.save_app(connection, end.row)
    host_states.save(connection, end.states)
    _save_release(connection, work, end, now=now)
    if end.inventory is not None:
        save_reading(connection, known.inventory, end.inventory, now=now)
    if end.looked_at:
        runs.forget_observations(connection, run.app, but=run.id)
    return True


def _save_release(connection: Connection, work: Work, end: RunEnd, *, now: float) -> None:
    app, release = work.run.app, work.release
    if end.release_state is not None:
        releases.mark(connection, release.id, end.release_state)
    if end.release_state == "good":
        holds.forgive(connection, app, release.digest)
    if end.hold is not None:
        holds.hold(
            connection,
            app,
            release.digest,
            reason=end.hold,
            run_id=work.run.id,
            options=work.options or None,
            now=now,
        )
    if end.lifted is not None:
        holds.unhold(connection, app, end.lifted)
