# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rollout goes on: the decisions."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import (
    Limits,
    asked_to_stop,
    batch_sizes,
    judge_batch,
    judge_reach,
    limits,
)

HOSTS = ["h1", "h2", "h3", "h4"]


@pytest.mark.parametrize(
    ("rollout", "expected"),
    [
        ({}, Limits(0, 0)),
        ({"failure_budget": 2}, Limits(2, 100)),
        ({"failure_budget": "25%"}, Limits(5, 100)),
        ({"failure_budget": "4%"}, Limits(0, 0)),
        ({"failure_budget": 2, "max_fail_percentage": 0}, Limits(2, 0)),
        ({"max_fail_percentage": 30}, Limits(0, 30)),
    ],
)
def test_the_percentage_is_strict_unless_there_is_a_budget(
    rollout: dict[str, Any], expected: Limits
) -> None:
    assert limits(rollout, hosts=20) == expected


def test_nothing_may_fail_without_a_budget() -> None:
    stop = judge_batch(["h1"], batch=["h1"], allowed=limits({}, hosts=4))

    assert stop is not None
    assert stop.reason == "failure_budget"
    assert stop.why == "1 host failed (h1), more than failure_budget allows (0)"


def test_the_budget_is_counted_over_all_batches() -> None:
    allowed = limits({"failure_budget": 1}, hosts=4)

    assert judge_batch(["h1"], batch=["h1"], allowed=allowed) is None
    stop = judge_batch(["h1", "h3"], batch=["h2", "h3", "h4"], allowed=allowed)
    assert stop is not None
    assert stop.why == "2 hosts failed (h1, h3), more than failure_budget allows (1)"


@pytest.mark.parametrize(
    ("percentage", "expected"), [(49, "max_fail_percentage"), (50, None), (100, None)]
)
def test_a_batch_may_fail_up_to_the_percentage(percentage: int, expected: str | None) -> None:
    allowed = limits({"failure_budget": 4, "max_fail_percentage": percentage}, hosts=4)

    stop = judge_batch(["h1", "h3"], batch=["h3", "h4"], allowed=allowed)

    assert (stop and stop.reason) == expected


def test_a_failure_in_an_earlier_batch_does_not_count_for_this_one() -> None:
    allowed = limits({"failure_budget": 4, "max_fail_percentage": 0}, hosts=4)

    assert judge_batch(["h1"], batch=["h2"], allowed=allowed) is None


@pytest.mark.parametrize(
    ("away", "unreachable", "goes_on"),
    [
        ([], "fail", True),
        (["h1"], "fail", False),
        (["h1", "h2"], "skip", True),
        (["h1", "h2", "h3"], "skip", False),
    ],
)
def test_some_hosts_may_be_away_but_not_most(
    *, away: list[str], unreachable: str, goes_on: bool
) -> None:
    stop = judge_reach(away, hosts=HOSTS, unreachable=unreachable, majority=True)

    assert (stop is None) == goes_on


def test_most_hosts_may_be_away_where_a_run_is_for_those_that_were() -> None:
    away = ["h1", "h2", "h3"]

    assert judge_reach(away, hosts=HOSTS, unreachable="skip", majority=False) is None


def test_a_stop_file_says_why_in_one_word() -> None:
    superseded, unknown = asked_to_stop("superseded\n"), asked_to_stop("\x1b[2J")

    assert asked_to_stop(None) is None
    assert superseded is not None
    assert (superseded.reason, superseded.why) == ("superseded", "a newer release takes over")
    assert unknown is not None
    assert unknown.reason == "canceled"


@pytest.mark.parametrize(
    ("serial", "hosts", "sizes"),
    [
        ([1, "25%", "100%"], 8, [1, 2, 5]),
        ([1, "25%", "100%"], 1, [1]),
        ([1, "25%", "100%"], 3, [1, 1, 1]),
        ([2], 5, [2, 2, 1]),
        (["10%"], 3, [1, 1, 1]),
        ([5], 0, []),
    ],
)
def test_batches_are_those_that_ansible_makes(
    serial: list[int | str], hosts: int, sizes: list[int]
) -> None:
    assert batch_sizes(serial, hosts=hosts) == sizes
