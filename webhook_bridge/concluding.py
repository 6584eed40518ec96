# SPDX-License-Identifier: GPL-3.0-or-later
"""From the end of a run to what is stored of it, also where the run was cut off."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from webhook_bridge.consequences import ROLLOUTS, BackOff, Consequence, Situation, consequence_of
from webhook_bridge.looks import Look
from webhook_bridge.lost_hosts import telling_lost, without_lost
from webhook_bridge.outcomes import RunResult, as_canceled
from webhook_bridge.run_events import read_report
from webhook_bridge.run_files import RunFiles
from webhook_bridge.settings import Settings
from webhook_bridge.store import Store, claims, conclusions, releases, runs
from webhook_bridge.store.claims import Work
from webhook_bridge.store.reconciling import ReconcilePolicy, conclude_look, conclude_reconcile
from webhook_bridge.worker_lock import WorkerIdentity

_log = logging.getLogger(__name__)

_DIED = "the process that ran it ended; a bridge that serves runs it again"


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
        kept = conclusions.finish(connection, work, result=result, consequence=consequence, now=now)
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
        before=conclusions.ran_before(connection, work, result.outcomes, good=good),
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
    for app, owner in owners.items():
        if worker.is_dead(owner):
            _log.warning("app %s: its worker %s died; taking over", app, owner)
            _take_over(settings, store, app)


def _take_over(settings: Settings, store: Store, app: str) -> None:
    """Free an app whose worker died, and keep what its run had reported until then.

    Without it, nobody would know what the hosts it had switched ran before.
    """
    with store.write() as connection:
        for run in runs.running(connection, app):
            events = RunFiles.of(settings.state_dir, run.id).events
            report = read_report(events, exit_code=None)
            work = Work(releases.find(connection, run.release_id), run, 0)
            _end_early(connection, work, RunResult("interrupted", _DIED, report.outcomes))
        claims.give_back(connection, app, reason=_DIED, now=time.time())


def _end_early(connection: Connection, work: Work, result: RunResult) -> None:
    now = time.time()
    if runs.get(connection, work.run.id).canceled_by is None:
        runs.add_outcomes(connection, work.run.id, list(result.outcomes))
        conclusions.note_outcomes(connection, work.run.app, result.outcomes, now=now)
        claims.give_back(connection, work.run.app, reason=result.reason, now=now)
        return
    consequence = Consequence(True, "canceled" if work.run.kind in ROLLOUTS else None)
    result = as_canceled(result)
    conclusions.finish(connection, work, result=result, consequence=consequence, now=now)
