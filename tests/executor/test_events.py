# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import RunReport, Stopped
from webhook_bridge.executor.events import News, read_report

EXPECTED = {"event": "expected", "hosts": ["h1", "h2"], "app": "shop", "digest": "d"}


def read(folder: Path, *events: dict[str, Any], tail: str = "") -> RunReport:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events) + tail)
    return read_report(file, exit_code=0)


def outcome(**fields: Any) -> dict[str, Any]:
    return {"event": "outcome", "host": "h1", "outcome": "updated"} | fields


def test_a_run_that_wrote_nothing_expected_nobody(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none", exit_code=2, error="x") == RunReport(2, (), (), "x")


def test_events_that_are_only_progress_are_passed_over(tmp_path: Path) -> None:
    report = read(tmp_path, EXPECTED, {"event": "step", "task": "x"}, {"event": "of tomorrow"})

    assert (report.expected, report.outcomes) == (("h1", "h2"), ())


def test_of_several_outcomes_of_a_host_the_last_counts(tmp_path: Path) -> None:
    report = read(tmp_path, outcome(outcome="failed"), outcome(outcome="restored"))

    assert [one.outcome for one in report.outcomes] == ["restored"]


def test_what_stopped_the_playbook_before_any_host_is_told(tmp_path: Path) -> None:
    report = read(tmp_path, {"event": "error", "message": "no app shoop"}, {"event": "step"})

    assert report.error == "no app shoop"


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    report = read(tmp_path, EXPECTED, outcome(), tail='{"event": "outco')

    assert len(report.outcomes) == 1


@pytest.mark.parametrize("word", ["succeeded", "", None, 5, ["updated"], {}])
def test_a_word_that_is_no_outcome_is_a_failure(tmp_path: Path, word: object) -> None:
    [found] = read(tmp_path, outcome(outcome=word)).outcomes

    assert found.outcome == "failed"


def test_what_a_host_says_of_itself_is_bounded(tmp_path: Path) -> None:
    [found] = read(
        tmp_path, outcome(reason="x" * 10**6, log=["y" * 10**5] * 500, container="z" * 999)
    ).outcomes

    assert len(found.reason) == 2000
    assert (len(found.log), len(found.log[0])) == (50, 500)
    assert len(found.container or "") == 128


@pytest.mark.parametrize("value", [None, 5, "text", {"a": 1}])
def test_a_log_that_is_no_list_is_empty(tmp_path: Path, value: object) -> None:
    [found] = read(tmp_path, outcome(log=value, seconds=value if value != 5 else "x")).outcomes

    assert (found.log, found.seconds) == ((), None)


@pytest.mark.parametrize(
    "told",
    [
        None,
        "3f2a",
        {"container": "3f2a"},
        {"container": "3f2a", "digest": "latest"},
        {"container": "{{ x }}", "digest": f"sha256:{'a' * 64}"},
        {"container": "", "digest": f"sha256:{'a' * 64}"},
    ],
)
def test_what_ran_before_counts_only_where_it_can_be_started_again(
    tmp_path: Path, told: object
) -> None:
    [found] = read(tmp_path, outcome(previous=told)).outcomes

    assert found.previous is None


def test_a_host_names_the_container_that_ran_before_and_its_daemon(tmp_path: Path) -> None:
    previous = {"container": "3f2a", "name": "shop-1", "digest": f"sha256:{'a' * 64}"}

    [found] = read(tmp_path, outcome(previous=previous, daemon="abc")).outcomes

    assert found.previous == KeptContainer("3f2a", f"sha256:{'a' * 64}")
    assert found.daemon == "abc"


def test_the_first_reason_that_stopped_a_rollout_is_told(tmp_path: Path) -> None:
    stops = [{"event": "stopped", "reason": word, "why": word} for word in ("canceled", "x")]

    assert read(tmp_path, EXPECTED, *stops).stopped == Stopped("canceled", "canceled")


def test_new_outcomes_are_handed_out_once_and_of_one_host_the_last(tmp_path: Path) -> None:
    file = tmp_path / "events"
    told = [
        {"event": "outcome", "host": "h1", "outcome": "failed"},
        {"event": "step", "task": "x"},
        {"event": "outcome", "host": "h1", "outcome": "updated"},
    ]
    file.write_text("".join(json.dumps(one) + "\n" for one in told) + '{"event": "outc')
    news = News(file)

    (first, steps), (second, _) = news.read(), news.read()
    with file.open("a") as more:
        more.write('ome", "host": "h2", "outcome": "updated"}\n')

    assert [(one.host, one.outcome) for one in first] == [("h1", "updated")]
    assert (second, steps) == ((), None)
    assert [one.host for one in news.read()[0]] == ["h2"]
