# SPDX-License-Identifier: GPL-3.0-or-later
"""How one host is shown: a sign, a version and words, the same wherever it stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from webhook_bridge.domain.drift import drift_of
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.versions import Versions

Sign = Literal["failed", "differs", "away", "unseen", "waiting", "fine"]
_IN_ORDER: tuple[Sign, ...] = get_args(Sign)
RANK: Mapping[Sign, int] = {sign: rank for rank, sign in enumerate(_IN_ORDER)}
"""The order in which hosts are shown: what needs somebody comes first."""
_FAILED = ("failed", "put_back", "unhealthy")
_AWAY = ("unreachable",)
_OUTCOMES: Mapping[str, Sign] = {
    "failed": "failed",
    "restored": "failed",
    "unreachable": "away",
    "registry_trouble": "away",
    "skipped": "waiting",
}
_HEALTH = {
    "healthy": "running · healthy",
    "unhealthy": "running · unhealthy",
    "starting": "running · not healthy yet",
    "restarting": "restarting again and again",
    "paused": "paused",
}
_DRIFTS = {
    "unreachable": "could not be reached",
    "new": "never got this app",
    "rebuilt": "has another Docker Engine",
    "behind": "runs another version",
    "put_back": "put this version back",
    "failed": "runs nothing: its run failed",
    "stopped": "stopped by hand",
    "replaced": "another container by hand",
    "duplicate": "a second container runs",
    "options": "other options",
}
_TOLD = {
    "failed": "failed in this run",
    "restored": "put back in this run",
    "unreachable": "not reached in this run",
    "registry_trouble": "the registry does not serve it",
    "skipped": "left out of this run",
}


@dataclass(frozen=True)
class HostSign:
    """One host and one app, as shown: `words` say state and health, `why` is a whole sentence."""

    host: str
    sign: Sign
    version: str
    words: str
    why: str = ""
    seen_at: float | None = None
    digest: str | None = None


def health_words(state: HostState) -> str:
    """Return how what runs is doing; a container without a health check says so."""
    if state.digest == "":
        return "runs nothing"
    if state.digest is None:
        return "not seen yet"
    return _HEALTH.get(state.health or "", "running · not health-checked")


def host_sign(
    state: HostState,
    *,
    digest: str | None,
    versions: Versions,
    run: Run | None = None,
    outcome: Outcome | None = None,
) -> HostSign:
    """Return how a host is shown.

    `digest` is what it should run, `run` a run of the app that goes on, and `outcome` what this
    host reported in it.
    """
    sign, words, why = _judged(state, digest, run=run, outcome=outcome)
    is_done = outcome is not None and outcome.outcome in ("updated", "unchanged")
    running = outcome.digest if is_done and outcome is not None else state.digest
    return HostSign(state.host, sign, versions.of(running), words, why, state.seen_at, running)


def _judged(
    state: HostState, digest: str | None, *, run: Run | None, outcome: Outcome | None
) -> tuple[Sign, str, str]:
    if run is not None and run.kind != "observe" and _is_concerned(state.host, run):
        return _in_run(outcome)
    return _at_rest(state, digest)


def _is_concerned(host: str, run: Run) -> bool:
    return not run.hosts or host in run.hosts


def _in_run(outcome: Outcome | None) -> tuple[Sign, str, str]:
    """What was known before says nothing of a host that its run has yet to come to."""
    if outcome is None:
        return "waiting", "waits for the run", ""
    if outcome.outcome in _OUTCOMES:
        return _OUTCOMES[outcome.outcome], _TOLD[outcome.outcome], outcome.reason
    health = _HEALTH.get(outcome.health or "", "running · not health-checked")
    return "fine", health, ""


def _at_rest(state: HostState, digest: str | None) -> tuple[Sign, str, str]:
    health = health_words(state)
    if state.seen_at is None and not state.reached:
        return "unseen", "never reported", state.reason or "no run or look has reached it yet"
    drift = None if digest is None else drift_of(state, digest=digest)
    if drift is not None:
        why = f"{state.host} {drift.sentence}"
        words = health if drift.reason == "unhealthy" else _DRIFTS[drift.reason]
        return _sign_of(drift.reason), words, why
    if not state.reached:
        return "away", "not reached lately", state.reason
    if state.health == "unhealthy":
        return "failed", health, "its health check fails; see its log on the host"
    return "fine", health, ""


def _sign_of(reason: str) -> Sign:
    if reason in _FAILED:
        return "failed"
    return "away" if reason in _AWAY else "differs"
