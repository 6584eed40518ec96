# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened on each host, and what follows from it for the run: pure decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OutcomeWord = Literal["updated", "unchanged", "restored", "failed", "unreachable", "skipped"]
RunState = Literal["running", "succeeded", "partial", "restored", "failed", "interrupted"]
# Ansible's exit codes: 0 all well, 2 failed hosts, 4 unreachable hosts (ansible-core
# executor/task_queue_manager.py, RUN_OK, RUN_FAILED_HOSTS, RUN_UNREACHABLE_HOSTS).
_RC_OK = 0
_RC_UNREACHABLE = 4


@dataclass(frozen=True)
class Outcome:
    """What happened on one host in a run, as our callback plugin reported it.

    `digest` is the one that was asked for; `running` the one that runs there now: empty where
    nothing does, None where the host did not get to say.
    """

    host: str
    outcome: OutcomeWord
    step: str
    reason: str
    digest: str | None = None
    container: str | None = None
    health: str | None = None
    log: tuple[str, ...] = ()
    seconds: float | None = None
    running: str | None = None


@dataclass(frozen=True)
class RunReport:
    """What a run child left behind: its exit code and the events of the callback plugin.

    `exit_code` is Ansible's; None when the child died before Ansible ended.
    """

    exit_code: int | None
    expected: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    error: str = ""


@dataclass(frozen=True)
class RunResult:
    """How a run ended, with one sentence for people, and the final outcome of each host."""

    state: RunState
    reason: str
    outcomes: tuple[Outcome, ...]

    def hosts(self, *words: OutcomeWord) -> list[str]:
        """Return the hosts with one of these outcomes."""
        return [one.host for one in self.outcomes if one.outcome in words]


def judge_run(report: RunReport, *, digest: str) -> RunResult:
    """Decide how a run ended; success is only what every expected host reported."""
    outcomes = tuple(_judge_host(report, host, digest=digest) for host in _hosts(report))
    state, reason = _state(report, Counter(one.outcome for one in outcomes), outcomes)
    return RunResult(state, reason, outcomes)


def _hosts(report: RunReport) -> list[str]:
    return sorted({*report.expected, *(one.host for one in report.outcomes)})


def _judge_host(report: RunReport, host: str, *, digest: str) -> Outcome:
    found = {one.host: one for one in report.outcomes}.get(host)
    if found is None:
        return Outcome(host, "failed", "report", _silence(report))
    if found.outcome in ("updated", "unchanged") and found.digest != digest:
        reason = f"reports {found.digest}, not the digest of this release"
        return Outcome(host, "failed", found.step, reason, found.digest, found.container)
    return found


def _silence(report: RunReport) -> str:
    why = f" ({report.error})" if report.error else ""
    return f"did not report what became of it{why}: see the log of the run, and longshore status"


def _state(
    report: RunReport, count: Mapping[OutcomeWord, int], outcomes: tuple[Outcome, ...]
) -> tuple[RunState, str]:
    if report.exit_code is None:
        return "interrupted", report.error or "the run child ended before Ansible did"
    if not report.expected:
        return "failed", report.error or "no host took part: see the log of the run"
    if count["restored"]:
        return "restored", _first_reason(outcomes, "restored")
    if count["failed"]:
        return "failed", _first_reason(outcomes, "failed")
    return _nothing_failed(report, count, outcomes)


def _nothing_failed(
    report: RunReport, count: Mapping[OutcomeWord, int], outcomes: tuple[Outcome, ...]
) -> tuple[RunState, str]:
    good = count["updated"] + count["unchanged"]
    if not good:
        return "failed", f"{_not_reached(outcomes)}; tried again, with growing pauses"
    missing = count["unreachable"] or count["skipped"]
    if report.exit_code not in (_RC_OK, _RC_UNREACHABLE if missing else _RC_OK):
        return "failed", f"ansible-playbook ended with {report.exit_code}: see the log of the run"
    if count["unreachable"] or count["skipped"]:
        return "partial", f"{_not_reached(outcomes)}; caught up when they can be reached"
    return "succeeded", f"{good} of {good} hosts run it ({count['updated']} updated)"


def _not_reached(outcomes: tuple[Outcome, ...]) -> str:
    """Name the hosts that were away, with the first one's reason, and those left out for them."""
    away = [one for one in outcomes if one.outcome == "unreachable"]
    left_out = [one.host for one in outcomes if one.outcome == "skipped"]
    names = ", ".join(one.host for one in away)
    sentence = f"could not reach {names} ({away[0].reason})" if away else "the rollout stopped"
    return f"{sentence}, so nothing was done on {', '.join(left_out)}" if left_out else sentence


def _first_reason(outcomes: tuple[Outcome, ...], word: OutcomeWord) -> str:
    for one in outcomes:
        if one.outcome == word:
            return f"{one.host}: {one.reason}"
    return "the rollout stopped early: see the log of the run"
