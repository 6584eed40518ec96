# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened on each host, and what follows from it for the run: pure decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from webhook_bridge.domain.hosts import KeptContainer, Observation
from webhook_bridge.domain.run_steps import NO_STEPS, RunSteps

OutcomeWord = Literal[
    "updated",
    "unchanged",
    "restored",
    "failed",
    "unreachable",
    "registry_trouble",
    "skipped",
]
INVENTORY_FAILED, INVENTORY_EMPTY, INVENTORY_SHRANK = (
    "inventory_failed",
    "inventory_empty",
    "inventory_shrank",
)
INVENTORY_STOPS = (INVENTORY_FAILED, INVENTORY_EMPTY, INVENTORY_SHRANK)
"""Why a run stops before its first host: it has answered nothing, and is tried again."""

LEFT_OUT: tuple[OutcomeWord, ...] = ("unreachable", "registry_trouble")
"""A run went on without these hosts: they, or the registry for them, could not be reached."""
RunState = Literal[
    "running",
    "succeeded",
    "partial",
    "restored",
    "failed",
    "interrupted",
    "canceled",
    "superseded",
]
# Ansible's exit codes: 0 all well, 2 failed hosts, 4 unreachable hosts, added up (ansible-core
# executor/task_queue_manager.py, RUN_OK, RUN_FAILED_HOSTS, RUN_UNREACHABLE_HOSTS).
_RC_OK = 0
_RC_FAILED = 2
_RC_UNREACHABLE = 4


def before_tries(kept: Sequence[KeptContainer], *, digest: str, good: str | None) -> KeptContainer:
    """Return what a host ran before the tries to bring a digest to it, of what each try found.

    `kept` is not empty, the oldest first; `good` is the digest of the release before. A container
    of that one is taken first, else what ran last of another digest. Where all are of this digest,
    as after a change of options alone, the oldest is what ran before.
    """
    proven = [one for one in kept if one.digest == good != digest]
    others = [one for one in kept if one.digest != digest]
    return (proven or others or kept[:1])[-1]


@dataclass(frozen=True)
class Outcome:
    """What happened on one host in a run, as our callback plugin reported it.

    `digest` is the one that was asked for; `running` the one that runs there now: empty where
    nothing does, None where the host did not get to say. `previous` is what ran before a switch,
    `daemon` the id of the host's Docker Engine.
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
    previous: KeptContainer | None = None
    daemon: str | None = None


@dataclass(frozen=True)
class Stopped:
    """Why a rollout started no further batch: a word for programs, a sentence for people."""

    reason: str
    why: str


@dataclass(frozen=True)
class RunReport:
    """What a run child left behind: its exit code and the events of the callback plugin.

    `exit_code` is Ansible's; None when the child died before Ansible ended.
    """

    exit_code: int | None
    expected: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    error: str = ""
    stopped: Stopped | None = None
    observations: tuple[Observation, ...] = ()
    steps: RunSteps = NO_STEPS


@dataclass(frozen=True)
class Expectation:
    """What a run was for: the digest each host shall run, and how many hosts may fail."""

    digest: str
    digests: Mapping[str, str] = field(default_factory=dict)
    may_fail: int = 0

    def of(self, host: str) -> str:
        """Return the digest that a host shall run."""
        return self.digests.get(host, self.digest)


@dataclass(frozen=True)
class RunResult:
    """How a run ended, with one sentence for people, and the final outcome of each host."""

    state: RunState
    reason: str
    outcomes: tuple[Outcome, ...]
    inventory_failed: bool = False
    """The inventory named no hosts to go by: nothing was done, and nothing is decided."""

    def hosts(self, *words: OutcomeWord) -> list[str]:
        """Return the hosts with one of these outcomes."""
        return [one.host for one in self.outcomes if one.outcome in words]


def judge_run(report: RunReport, *, expected: Expectation) -> RunResult:
    """Decide how a run ended; success is only what every expected host reported."""
    if stopped_by_inventory(report):
        return _without_hosts(report)
    outcomes = tuple(_judge_host(report, host, digest=expected.of(host)) for host in _hosts(report))
    state, reason = _state(report, outcomes, may_fail=expected.may_fail)
    return RunResult(state, reason, outcomes)


def stopped_by_inventory(report: RunReport) -> bool:
    """Say whether a run ended before its first host, for want of an inventory to go by."""
    return report.stopped is not None and report.stopped.reason in INVENTORY_STOPS


def _without_hosts(report: RunReport) -> RunResult:
    why = "" if report.stopped is None else report.stopped.why
    return RunResult("failed", why, (), inventory_failed=True)


def _hosts(report: RunReport) -> list[str]:
    return sorted({*report.expected, *(one.host for one in report.outcomes)})


def _judge_host(report: RunReport, host: str, *, digest: str) -> Outcome:
    found = {one.host: one for one in report.outcomes}.get(host)
    if found is None:
        return Outcome(host, "failed", "report", _silence(report))
    return judge_outcome(found, digest=digest)


def judge_outcome(found: Outcome, *, digest: str) -> Outcome:
    """Return what a host reported as it counts: success is only the digest that was asked for."""
    if found.outcome in ("updated", "unchanged") and found.digest != digest:
        reason = f"reports {found.digest}, not the digest of this release"
        return Outcome(found.host, "failed", found.step, reason, found.digest, found.container)
    return found


def _silence(report: RunReport) -> str:
    why = f" ({report.error})" if report.error else ""
    return f"did not report what became of it{why}: see the log of the run, and longshore status"


def _state(
    report: RunReport, outcomes: tuple[Outcome, ...], *, may_fail: int
) -> tuple[RunState, str]:
    count = Counter(one.outcome for one in outcomes)
    if report.exit_code is None:
        return "interrupted", report.error or "the run child ended before Ansible did"
    if not report.expected:
        return "failed", report.error or "no host took part: see the log of the run"
    stopped = report.stopped.reason if report.stopped is not None else ""
    on_purpose = stopped in _ON_PURPOSE
    if count["restored"] + count["failed"] > may_fail or (stopped and not on_purpose):
        return _failed(report, outcomes)
    if on_purpose:
        return _stopped(stopped, outcomes)
    return _went_through(report, count, outcomes)


# Why a rollout stops although nothing speaks against it; all other reasons are failures, as too
# many failed hosts, too few that can be reached, or problems found before the first change.
_ON_PURPOSE = ("canceled", "superseded")


def _failed(report: RunReport, outcomes: tuple[Outcome, ...]) -> tuple[RunState, str]:
    restored = any(one.outcome == "restored" for one in outcomes)
    why = "" if report.stopped is None else report.stopped.why
    first = _first_reason(outcomes, "restored" if restored else "failed")
    reason = "; ".join(part for part in (first, why) if part)
    return "restored" if restored else "failed", reason or _UNTOLD


def as_canceled(result: RunResult) -> RunResult:
    """Return the result of a run that was cut off after somebody had canceled it."""
    return RunResult("canceled", _stopped("canceled", result.outcomes)[1], result.outcomes)


def _stopped(word: str, outcomes: tuple[Outcome, ...]) -> tuple[RunState, str]:
    """Say what a rollout that was stopped on purpose had done so far."""
    done = [one.host for one in outcomes if one.outcome in ("updated", "unchanged")]
    left = [one.host for one in outcomes if one.outcome not in ("updated", "unchanged")]
    on_it = f"{', '.join(done)} run it" if done else "no host was switched"
    rest = f", {', '.join(left)} keep what they run" if left else ""
    if word == "superseded":
        return "superseded", f"a newer release took over: {on_it}{rest} until that one comes"
    return "canceled", f"canceled: {on_it}{rest}"


def _went_through(
    report: RunReport, count: Mapping[OutcomeWord, int], outcomes: tuple[Outcome, ...]
) -> tuple[RunState, str]:
    """Judge a rollout that no failure stopped; some hosts may be missing all the same."""
    good = count["updated"] + count["unchanged"]
    bad = count["restored"] + count["failed"]
    if bad and not good:
        return _failed(report, outcomes)
    if not good:
        return "failed", f"{_not_reached(outcomes)}; tried again, with growing pauses"
    away = sum(count[word] for word in (*LEFT_OUT, "skipped"))
    allowed = (_RC_UNREACHABLE if away else 0) | (_RC_FAILED if bad else 0)
    if report.exit_code is None or report.exit_code & ~allowed:
        return "failed", f"ansible-playbook ended with {report.exit_code}: see the log of the run"
    if not away and not bad:
        return "succeeded", f"{good} of {good} hosts run it ({count['updated']} updated)"
    missing = [f"{_not_reached(outcomes)}; caught up as soon as that works"] if away else []
    failed = [f"{_failures(outcomes)} (failure_budget allows it)"] if bad else []
    return "partial", "; ".join([*failed, *missing])


def _failures(outcomes: tuple[Outcome, ...]) -> str:
    bad = [one for one in outcomes if one.outcome in ("restored", "failed")]
    return f"{', '.join(one.host for one in bad)} failed ({bad[0].reason})"


def _not_reached(outcomes: tuple[Outcome, ...]) -> str:
    """Name the hosts that were left out, with the first one's reason, and those for their sake."""
    said = [
        _named("could not reach", "unreachable", outcomes),
        _named("the registry does not serve", "registry_trouble", outcomes),
    ]
    skipped = [one.host for one in outcomes if one.outcome == "skipped"]
    sentence = "; ".join(filter(None, said)) or "the rollout stopped"
    return f"{sentence}, so nothing was done on {', '.join(skipped)}" if skipped else sentence


def _named(what: str, word: OutcomeWord, outcomes: tuple[Outcome, ...]) -> str:
    found = [one for one in outcomes if one.outcome == word]
    return f"{what} {', '.join(one.host for one in found)} ({found[0].reason})" if found else ""


def _first_reason(outcomes: tuple[Outcome, ...], word: OutcomeWord) -> str:
    for one in outcomes:
        if one.outcome == word:
            return f"{one.host}: {one.reason}"
    return ""


_UNTOLD = "the rollout stopped early: see the log of the run"


def judge_observations(report: RunReport) -> RunResult:
    """Decide how a run ended that changes nothing; every host that it saw counts."""
    if stopped_by_inventory(report):
        return _without_hosts(report)
    observations = report.observations
    away = [observation for observation in observations if observation.unreachable]
    if report.exit_code is None:
        return RunResult("interrupted", report.error or "the run child ended before Ansible", ())
    if not observations:
        return RunResult("failed", report.error or "no host took part: see the run's log", ())
    if len(away) == len(observations):
        return RunResult("failed", f"could not look at {away[0].host}: {away[0].unreachable}", ())
    seen = f"saw {len(observations) - len(away)} of {len(observations)} hosts"
    if away:
        names = ", ".join(observation.host for observation in away)
        return RunResult("partial", f"{seen}; could not look at {names}", ())
    return RunResult("succeeded", seen, ())
