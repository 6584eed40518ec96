# SPDX-License-Identifier: GPL-3.0-or-later
"""From the end of a run to what is stored of it, also where the run was cut off."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.consequences import BackOff, Situation, consequence_of
from webhook_bridge.outcomes import Kept, RunResult
from webhook_bridge.run_events import read_report
from webhook_bridge.run_files import RunFiles
from webhook_bridge.settings import Settings
from webhook_bridge.store import Store, claims, conclusions, runs
from webhook_bridge.store.claims import Work

_DIED = "the process that ran it ended; a bridge that serves runs it again"


@dataclass(frozen=True)
class Policy:
    """What an app and the settings say about the end of a run."""

    back_off: BackOff
    on_failure: Literal["restore", "halt"]


def conclude(store: Store, work: Work, result: RunResult, *, policy: Policy) -> bool:
    """Store how a run ended and what follows; return False when the app was lost meanwhile."""
    with store.write() as connection:
        before = conclusions.ran_before(connection, work, result.outcomes)
        situation = _situation(work, policy, before)
        consequence = consequence_of(result, situation)
        return conclusions.finish(
            connection, work, result=result, consequence=consequence, now=time.time()
        )


def _situation(work: Work, policy: Policy, before: Mapping[str, Kept]) -> Situation:
    return Situation(
        kind=work.run.kind,
        digest=work.release.digest,
        back_off=policy.back_off,
        hosts=work.run.hosts,
        back=work.run.back,
        before=before,
        attempts=work.attempts,
        on_failure=policy.on_failure,
    )


def give_back(store: Store, work: Work, result: RunResult) -> None:
    """Free an app whose run the bridge ended itself; the next start runs it again."""
    now = time.time()
    with store.write() as connection:
        runs.add_outcomes(connection, work.run.id, list(result.outcomes))
        conclusions.note_outcomes(connection, work.run.app, result.outcomes, now=now)
        claims.give_back(connection, work.run.app, reason=result.reason, now=now)


def take_over(settings: Settings, store: Store, app: str) -> None:
    """Free an app whose worker died, and keep what its run had reported until then.

    Without it, nobody would know what the hosts it had switched ran before.
    """
    now = time.time()
    with store.write() as connection:
        for run in runs.running(connection, app):
            events = RunFiles.of(settings.state_dir, run.id).events
            reported = list(read_report(events, exit_code=None).outcomes)
            runs.add_outcomes(connection, run.id, reported)
            conclusions.note_outcomes(connection, app, reported, now=now)
        claims.give_back(connection, app, reason=_DIED, now=now)
