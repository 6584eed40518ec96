# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import (
    Expectation,
    Outcome,
    OutcomeWord,
    RunReport,
    RunResult,
    Stopped,
    before_tries,
    judge_run,
)

NEW, OLD = f"sha256:{'b' * 64}", f"sha256:{'a' * 64}"
HOSTS = ("h1", "h2", "h3")


def outcome(host: str, word: OutcomeWord, *, digest: str | None = NEW, step: str = "switch"):
    return Outcome(host, word, step, f"{word} for a reason", digest)


def judge(
    *outcomes: Outcome,
    expected: tuple[str, ...] = HOSTS,
    code: int | None = 0,
    error: str = "",
    stopped: Stopped | None = None,
    may_fail: int = 0,
) -> RunResult:
    report = RunReport(code, expected, outcomes, error, stopped)
    return judge_run(report, expected=Expectation(NEW, may_fail=may_fail))


def words(*told: OutcomeWord) -> list[Outcome]:
    return [outcome(host, word) for host, word in zip(HOSTS, told, strict=False)]


@pytest.mark.parametrize(
    ("told", "code", "state"),
    [
        (("updated", "updated", "updated"), 0, "succeeded"),
        (("unchanged", "unchanged", "unchanged"), 0, "succeeded"),
        (("updated", "unchanged", "updated"), 0, "succeeded"),
        (("updated", "updated", "unreachable"), 4, "partial"),
        (("updated", "updated", "unreachable"), 0, "partial"),
        (("unreachable", "unreachable", "unreachable"), 4, "failed"),
        (("unreachable", "unreachable", "unreachable"), 0, "failed"),
        (("updated", "updated", "registry_trouble"), 4, "partial"),
        (("updated", "registry_trouble", "unreachable"), 4, "partial"),
        (("registry_trouble", "registry_trouble", "registry_trouble"), 4, "failed"),
        (("updated", "restored", "registry_trouble"), 6, "restored"),
        (("restored", "skipped", "skipped"), 2, "restored"),
        (("updated", "restored", "unreachable"), 6, "restored"),
        (("updated", "failed", "skipped"), 2, "failed"),
        (("skipped", "skipped", "skipped"), 2, "failed"),
        (("updated", "unreachable", "skipped"), 4, "partial"),
        (("updated", "updated", "updated"), 1, "failed"),
        (("updated", "updated", "updated"), 2, "failed"),
        (("updated", "updated", "updated"), 4, "failed"),
        (("updated", "updated", "unreachable"), 2, "failed"),
        (("updated", "updated", "updated"), None, "interrupted"),
        ((), 0, "failed"),
    ],
)
def test_the_outcomes_and_the_exit_code_make_the_state(
    told: tuple[OutcomeWord, ...], code: int | None, state: str
) -> None:
    assert judge(*words(*told), code=code).state == state


def test_a_run_on_no_host_at_all_failed_although_ansible_says_0() -> None:
    result = judge(expected=(), code=0)

    assert result.state == "failed"
    assert "no host took part" in result.reason


def test_hosts_that_report_where_none_was_expected_are_no_success() -> None:
    assert judge(outcome("h1", "updated"), expected=()).state == "failed"


def test_a_host_that_did_not_report_is_a_failed_one() -> None:
    result = judge(*words("updated", "updated"))

    assert result.state == "failed"
    assert result.hosts("failed") == ["h3"]
    assert "h3: did not report" in result.reason


@pytest.mark.parametrize("word", ["updated", "unchanged"])
@pytest.mark.parametrize("digest", [OLD, None])
def test_a_host_that_reports_another_digest_is_a_failed_one(
    word: OutcomeWord, digest: str | None
) -> None:
    result = judge(outcome("h1", word, digest=digest), expected=("h1",))

    assert result.state == "failed"
    assert result.hosts("failed") == ["h1"]
    assert "not the digest of this release" in result.reason


def test_the_reason_of_a_failure_is_the_first_hosts_own_words() -> None:
    result = judge(*words("updated", "failed", "skipped"), code=2)

    assert result.reason == "h2: failed for a reason"


def test_a_partial_run_names_who_was_away() -> None:
    assert "could not reach h3" in judge(*words("updated", "updated", "unreachable"), code=4).reason


def test_the_reason_names_the_registry_and_whom_it_does_not_serve() -> None:
    result = judge(*words("updated", "unreachable", "registry_trouble"), code=4)

    assert "could not reach h2 (" in result.reason
    assert "the registry does not serve h3 (" in result.reason


def test_a_success_counts_the_hosts() -> None:
    result = judge(*words("updated", "unchanged", "updated"))

    assert result.reason == "3 of 3 hosts run it (2 updated)"


def test_a_child_that_died_gives_its_last_words_as_the_reason() -> None:
    assert judge(code=None, error="no space left").reason == "no space left"


def test_each_expected_host_has_one_outcome_in_the_result() -> None:
    result = judge(*words("updated"), code=None)

    assert [one.host for one in result.outcomes] == list(HOSTS)


@pytest.mark.parametrize("word", ["restored", "failed"])
def test_failures_within_the_budget_leave_a_partial_run(word: OutcomeWord) -> None:
    result = judge(*words("updated", word, "updated"), code=2, may_fail=1)

    assert result.state == "partial"
    assert "h2 failed" in result.reason
    assert "failure_budget" in result.reason


def test_failures_above_the_budget_fail_the_run() -> None:
    assert judge(*words("restored", "restored", "updated"), code=2, may_fail=1).state == "restored"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (("restored", "restored", "restored"), "restored"),
        (("failed", "failed", "failed"), "failed"),
        (("unreachable", "restored", "skipped"), "restored"),
    ],
)
def test_a_release_that_failed_wherever_it_was_tried_is_no_success_within_any_budget(
    told: tuple[OutcomeWord, ...], state: str
) -> None:
    result = judge(*words(*told), code=2, may_fail=3)

    assert result.state == state
    assert f"{state} for a reason" in result.reason
    assert "tried again" not in result.reason


def test_a_batch_that_failed_too_much_fails_the_run_within_the_budget() -> None:
    stopped = Stopped("max_fail_percentage", "1 of 1 in one batch failed")

    result = judge(*words("restored", "skipped", "skipped"), code=2, may_fail=1, stopped=stopped)

    assert result.state == "restored"
    assert result.reason.endswith("1 of 1 in one batch failed")


def test_too_few_hosts_that_can_be_reached_fail_the_run() -> None:
    stopped = Stopped("unreachable", "h2, h3 cannot be reached")

    result = judge(*words("skipped", "unreachable", "unreachable"), code=4, stopped=stopped)

    assert (result.state, result.reason) == ("failed", "h2, h3 cannot be reached")


def test_a_problem_before_the_first_change_fails_the_run_within_the_budget() -> None:
    stopped = Stopped("preflight", "problems on h1; no host was changed")

    result = judge(*words("failed", "skipped", "skipped"), code=2, may_fail=1, stopped=stopped)

    assert result.state == "failed"
    assert result.reason.endswith("problems on h1; no host was changed")


@pytest.mark.parametrize("word", ["canceled", "superseded"])
def test_a_rollout_that_was_stopped_on_purpose_says_who_runs_what(word: str) -> None:
    result = judge(*words("updated", "skipped", "skipped"), code=2, stopped=Stopped(word, "why"))

    assert result.state == word
    assert "h1 run it, h2, h3 keep what they run" in result.reason


def test_a_failure_counts_although_the_rollout_was_stopped_on_purpose() -> None:
    stopped = Stopped("superseded", "a newer release takes over")

    assert judge(*words("restored", "skipped"), code=2, stopped=stopped).state == "restored"


def test_a_host_that_returns_to_its_own_digest_is_judged_by_that() -> None:
    outcomes = (outcome("h1", "updated", digest=OLD), outcome("h2", "updated"))
    report = RunReport(0, ("h1", "h2"), outcomes)

    assert judge_run(report, expected=Expectation(NEW, {"h1": OLD})).state == "succeeded"


OTHER = f"sha256:{'c' * 64}"


@pytest.mark.parametrize(
    ("found", "good", "before"),
    [
        (["old/1"], OLD, "old/1"),
        (["old/1", "new/2"], OLD, "old/1"),
        (["old/1", "old/3"], OLD, "old/3"),
        (["old/1", "other/3"], OLD, "old/1"),
        (["old/1", "other/3"], None, "other/3"),
        (["other/1"], OLD, "other/1"),
        (["new/1", "new/2"], NEW, "new/1"),
    ],
)
def test_a_host_ran_before_what_no_try_of_this_digest_brought(
    found: list[str], good: str | None, before: str
) -> None:
    digests = {"old": OLD, "new": NEW, "other": OTHER}
    kept = [KeptContainer(name, digests[name.split("/")[0]]) for name in found]

    assert before_tries(kept, digest=NEW, good=good).container == before


OUTCOME = st.builds(
    Outcome,
    host=st.sampled_from([*HOSTS, "h4"]),
    outcome=st.sampled_from(get_args(OutcomeWord)),
    step=st.sampled_from(["reach", "stage", "switch"]),
    reason=st.just("why"),
    digest=st.sampled_from([NEW, OLD, None]),
)


@given(
    st.lists(OUTCOME),
    st.lists(st.sampled_from(HOSTS), unique=True),
    st.sampled_from([None, 0, 1, 2, 4, 6, 250]),
)
def test_a_run_succeeds_only_when_every_expected_host_reported_the_digest(
    outcomes: list[Outcome], expected: list[str], code: int | None
) -> None:
    result = judge(*outcomes, expected=tuple(expected), code=code)

    last = {one.host: one for one in outcomes}
    if result.state == "succeeded":
        assert expected
        assert code == 0
        for host in expected:
            assert last[host].digest == NEW
            assert last[host].outcome in ("updated", "unchanged")
