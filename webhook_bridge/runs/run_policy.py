# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is judged by, and what its end is decided by: of its app and the settings."""

from __future__ import annotations

from webhook_bridge.config.app import App
from webhook_bridge.config.inventory_files import loss_policy
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.consequences import ROLLOUTS, BackOff
from webhook_bridge.domain.outcomes import (
    Expectation,
    RunReport,
    RunResult,
    judge_observations,
    judge_run,
)
from webhook_bridge.domain.run_end_facts import Policy, ReconcilePolicy
from webhook_bridge.domain.runs import Work

# How long a host that could not be reconciled waits at first, where nobody says how often to look.
_RECONCILE_AGAIN_S = 900.0
_LONGEST_RECONCILE_S = 86400.0


def result_of(work: Work, report: RunReport, app: App | None) -> RunResult:
    """Return how a run ended; `app` is None where it is declared no more."""
    if work.run.kind == "observe":
        return judge_observations(report)
    return judge_run(report, expected=_expectation(work, report, app))


def _expectation(work: Work, report: RunReport, app: App | None) -> Expectation:
    is_rollout = app is not None and work.run.kind in ROLLOUTS
    may_fail = app.rollout.allowed_failures(len(report.expected)) if app and is_rollout else 0
    digests = {host: kept.digest for host, kept in work.run.restore_targets.items()}
    return Expectation(work.release.digest, digests, may_fail)


def end_policy(settings: Settings, app: App | None) -> Policy:
    """Return what follows from a run's end; `app` is None where it is declared no more."""
    deploy = settings.deploy
    every = settings.reconcile.every or 0.0
    return Policy(
        back_off=BackOff(deploy.catch_up_every, deploy.catch_up_at_most_every),
        on_failure="halt" if app is None else app.rollout.on_failure,
        loss=loss_policy(settings),
        reconcile=ReconcilePolicy(
            every=every,
            back_off=BackOff(every or _RECONCILE_AGAIN_S, _LONGEST_RECONCILE_S),
            drift="report" if app is None else app.drift,
        ),
    )
