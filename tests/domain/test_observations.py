# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.consequences import BackOff, Consequence, Situation, consequence_of
from webhook_bridge.domain.hosts import Observation
from webhook_bridge.domain.outcomes import (
    Outcome,
    RunReport,
    RunResult,
    RunState,
    as_canceled,
    judge_observations,
)
from webhook_bridge.domain.runs import RunKind

SEEN, OTHER = Observation("h1"), Observation("h2")
AWAY, GONE = Observation("h3", unreachable="no route"), Observation("h4", unreachable="refused")


def judged(
    *observations: Observation, code: int | None = 0, error: str = ""
) -> tuple[RunState, str]:
    result = judge_observations(RunReport(code, (), (), error, observations=observations))
    assert result.outcomes == ()
    return result.state, result.reason


def test_a_look_at_all_hosts_has_succeeded() -> None:
    assert judged(SEEN, OTHER) == ("succeeded", "saw 2 of 2 hosts")


def test_hosts_that_could_not_be_looked_at_are_named() -> None:
    said = "saw 2 of 4 hosts; could not look at h3, h4"

    assert judged(SEEN, AWAY, OTHER, GONE, code=4) == ("partial", said)


def test_a_look_that_reached_no_host_has_failed() -> None:
    assert judged(AWAY, GONE, code=4) == ("failed", "could not look at h3: no route")


@pytest.mark.parametrize(
    ("code", "error", "state", "reason"),
    [
        (None, "", "interrupted", "the run child ended before Ansible"),
        (None, "killed", "interrupted", "killed"),
        (0, "", "failed", "no host took part: see the run's log"),
        (2, "no such host", "failed", "no such host"),
    ],
)
def test_a_look_without_any_host_says_why(
    code: int | None, error: str, state: RunState, reason: str
) -> None:
    assert judged(code=code, error=error) == (state, reason)


@pytest.mark.parametrize("kind", ["observe", "reconcile"])
def test_what_mends_or_looks_leaves_the_release_as_it_is(kind: RunKind) -> None:
    back_off = BackOff(first=30, longest=600)
    situation = Situation(kind=kind, digest="new", back_off=back_off, returns_to="old")

    for state in ("succeeded", "partial", "failed"):
        assert consequence_of(RunResult(state, "why", ()), situation) == Consequence(True)


def test_a_run_that_was_cut_off_after_its_cancellation_says_what_it_had_done() -> None:
    told = (
        Outcome("h1", "updated", "switch", ""),
        Outcome("h2", "unchanged", "switch", ""),
        Outcome("h3", "skipped", "stage", ""),
    )

    result = as_canceled(RunResult("interrupted", "the run child died", told))

    assert (result.state, result.outcomes) == ("canceled", told)
    assert result.reason == "canceled: h1, h2 run it, h3 keep what they run"
    none = as_canceled(RunResult("interrupted", "the run child died", ()))
    assert none.reason == "canceled: no host was switched"
