# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts an app has after each reading of the inventory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain import app_state
from webhook_bridge.domain.consequences import BackOff, Situation, consequence_of
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inventory import (
    AppInventory,
    LossPolicy,
    after_failure,
    after_reading,
    confirmed,
    confirmed_event,
    first_known,
    hosts_to_bring,
    most_lost,
    reading_events,
    still_new,
)
from webhook_bridge.domain.outcomes import (
    INVENTORY_STOPS,
    Expectation,
    RunReport,
    Stopped,
    judge_observations,
    judge_run,
)
from webhook_bridge.domain.releases import AppRow, Release

POLICY = LossPolicy(0.5, 30.0)
FOUR = AppInventory("shop", ("h1", "h2", "h3", "h4"), 100.0)
GOOD = Release("shop", "r/shop", "1", "sha256:1", "deploy", "me", id="r1", state="good")
IDLE = AppRow("shop", "r1", 1, 1)


@pytest.mark.parametrize(
    ("before", "now", "state"),
    [
        (4, 4, "read"),
        (4, 5, "read"),
        (4, 2, "read"),
        (4, 1, "shrank"),
        (2, 1, "read"),
        (3, 1, "shrank"),
        (1, 0, "empty"),
        (0, 0, "empty"),
        (0, 3, "read"),
    ],
)
def test_a_reading_is_believed_unless_it_lost_many_hosts(before: int, now: int, state: str) -> None:
    known = AppInventory("shop", tuple(f"h{n}" for n in range(before)))

    after = after_reading(known, [f"h{n}" for n in range(now)], POLICY, now=200.0)

    assert after.state == state
    assert len(after.hosts) == (now if state == "read" else before)


def test_a_loss_is_believed_when_it_is_seen_again_later() -> None:
    first = after_reading(FOUR, ["h1"], POLICY, now=200.0)
    at_once = after_reading(first, ["h1"], POLICY, now=201.0)
    later = after_reading(at_once, ["h1"], POLICY, now=230.0)

    assert (first.state, at_once.state, later.state) == ("shrank", "shrank", "read")
    assert first.reason.endswith("lost 3 of the 4 hosts of shop: h2, h3, h4")
    assert later == AppInventory("shop", ("h1",), 230.0)


def test_hosts_that_are_back_end_the_doubt() -> None:
    doubted = after_reading(FOUR, ["h1"], POLICY, now=200.0)

    assert after_reading(doubted, FOUR.hosts, POLICY, now=300.0) == replace(FOUR, read_at=300.0)


def test_other_hosts_that_are_lost_are_doubted_anew() -> None:
    doubted = after_reading(FOUR, ["h1"], POLICY, now=200.0)

    after = after_reading(doubted, ["h2"], POLICY, now=300.0)

    assert (after.state, after.fewer, after.fewer_at) == ("shrank", ("h2",), 300.0)


def test_no_hosts_at_all_are_believed_only_from_a_person() -> None:
    empty = after_reading(FOUR, [], POLICY, now=200.0)
    again = after_reading(empty, [], POLICY, now=900.0)
    told = confirmed(again, now=901.0)

    assert (again.state, again.hosts) == ("empty", FOUR.hosts)
    assert "has no host of shop, which had h1, h2, h3, h4" in again.reason
    assert told == AppInventory("shop", (), 901.0)
    assert after_reading(told, [], POLICY, now=902.0).state == "read"


def test_a_person_can_confirm_only_what_is_in_doubt() -> None:
    assert confirmed(FOUR, now=1.0) is None
    assert confirmed(after_failure(FOUR, "throttled"), now=1.0) is None


def test_a_failure_keeps_the_hosts_and_says_why() -> None:
    after = after_failure(FOUR, "Request limit exceeded.")

    assert (after.state, after.reason) == ("failed", "Request limit exceeded.")
    assert (after.hosts, after.read_at) == (FOUR.hosts, 100.0)
    assert after_reading(after, FOUR.hosts, POLICY, now=200.0).reason == ""


@given(
    before=st.sets(st.sampled_from("abcdefgh"), min_size=1),
    readings=st.lists(st.sets(st.sampled_from("abcdefgh")), max_size=8),
)
def test_readings_in_a_row_forget_no_more_than_may_be_lost_at_once(
    before: set[str], readings: list[set[str]]
) -> None:
    known = AppInventory("shop", tuple(sorted(before)))
    for reading in readings:  # all within the time in which a second one does not count
        after = after_reading(known, sorted(reading), POLICY, now=1.0)
        lost = set(known.hosts) - set(after.hosts)
        assert len(lost) <= most_lost(len(known.hosts), POLICY.max_loss)
        assert set(after.new) <= set(after.hosts)
        known = after


def test_many_lost_hosts_are_named_in_part() -> None:
    known = AppInventory("shop", tuple(f"h{n:02}" for n in range(20)))

    reason = after_reading(known, ["h00"], POLICY, now=1.0).reason

    assert reason.endswith("h10 and 9 more")


def test_hosts_that_came_are_brought_to_a_release_that_proved_good() -> None:
    after = after_reading(FOUR, [*FOUR.hosts, "h5"], POLICY, now=200.0)

    assert after.new == ("h5",)
    assert hosts_to_bring(after, IDLE, GOOD, held={}, states={}) == ("h5",)


@pytest.mark.parametrize(
    ("row", "release", "held"),
    [
        (IDLE, None, {}),
        (replace(IDLE, owner="w"), GOOD, {}),
        (replace(IDLE, generation=2), GOOD, {}),
        (IDLE, replace(GOOD, state="failed"), {}),
        (IDLE, GOOD, {"sha256:1": "put back"}),
        (replace(IDLE, pending_hosts=["h5"]), GOOD, {}),
    ],
)
def test_new_hosts_wait_while_nothing_may_be_brought_to_them(
    row: AppRow, release: Release | None, held: dict[str, str]
) -> None:
    after = after_reading(FOUR, [*FOUR.hosts, "h5"], POLICY, now=200.0)

    assert hosts_to_bring(after, row, release, held=held, states={}) == ()
    assert still_new(after, {}).new == ("h5",)


@pytest.mark.parametrize(
    "field", [{"deployed_container": "shop-1"}, {"digest": "sha256:1"}, {"failed": True}]
)
def test_a_host_that_a_run_has_been_to_is_new_no_more(field: dict[str, object]) -> None:
    after = after_reading(FOUR, [*FOUR.hosts, "h5"], POLICY, now=200.0)
    states = {"h5": HostState("shop", "h5", **field)}  # type: ignore[arg-type]  # one of its fields

    assert hosts_to_bring(after, IDLE, GOOD, held={}, states=states) == ()
    assert still_new(after, states).new == ()


def test_a_new_host_that_goes_again_is_not_brought() -> None:
    came = after_reading(FOUR, [*FOUR.hosts, "h5"], POLICY, now=200.0)

    assert after_reading(came, FOUR.hosts, POLICY, now=300.0).new == ()


def test_hosts_that_were_seen_are_known_before_the_first_reading() -> None:
    known = first_known("shop", {"h2", "h1"})

    after = after_reading(known, ["h1", "h2", "h3"], POLICY, now=1.0)

    assert known.hosts == ("h1", "h2")
    assert after.new == ("h3",)
    assert reading_events(known, after, now=1.0) == []


def test_changes_and_troubles_are_told_once() -> None:
    came = after_reading(FOUR, [*FOUR.hosts[1:], "h5"], POLICY, now=200.0)
    failed = after_failure(came, "throttled")
    [told] = reading_events(FOUR, came, now=200.0)
    [trouble] = reading_events(came, failed, now=201.0)

    assert (told.kind, told.data) == ("inventory.read", {"came": ["h5"], "went": ["h1"]})
    assert (trouble.kind, trouble.data) == ("inventory.failed", {"reason": "throttled"})
    assert reading_events(failed, after_failure(failed, "throttled"), now=202.0) == []
    assert reading_events(came, replace(came, read_at=300.0), now=300.0) == []


def test_who_confirmed_a_loss_is_told_with_what_went() -> None:
    doubted = after_reading(FOUR, ["h1"], POLICY, now=200.0)
    left = confirmed(doubted, now=201.0)
    assert left is not None

    told = confirmed_event(doubted, left, actor="user:ann", now=201.0)

    assert (told.kind, told.actor) == ("inventory.confirmed", "user:ann")
    assert told.data == {"went": ["h2", "h3", "h4"]}


def test_new_hosts_wait_with_those_that_were_away_and_are_tried_at_once() -> None:
    row = replace(IDLE, pending_hosts=["h2"], attempts=5, due_at=900.0)

    after = app_state.hosts_joined(row, ["h5", "h2"], now=300.0)

    assert (after.pending_hosts, after.attempts, after.due_at) == (["h2", "h5"], 0, 300.0)


@pytest.mark.parametrize("reason", INVENTORY_STOPS)
def test_a_run_that_the_inventory_stopped_has_answered_nothing(reason: str) -> None:
    report = RunReport(2, (), (), stopped=Stopped(reason, "Request limit exceeded."))

    rollout = judge_run(report, expected=Expectation("sha256:1"))
    look = judge_observations(report)
    consequence = consequence_of(rollout, Situation("deploy", "sha256:1", BackOff(30.0, 600.0)))

    assert rollout == look
    assert (rollout.state, rollout.inventory_failed) == ("failed", True)
    assert rollout.reason == "Request limit exceeded."
    assert (consequence.answered, consequence.release_state, consequence.hold) == (
        False,
        None,
        None,
    )
    assert consequence.wait == 30.0


def test_what_is_open_is_tried_at_once_and_nothing_else_changes() -> None:
    waits = replace(IDLE, generation=2, attempts=5, due_at=900.0)

    assert app_state.tried_again(waits, now=3.0) == replace(waits, attempts=0, due_at=3.0)
    assert app_state.tried_again(replace(IDLE, attempts=5), now=3.0) == replace(IDLE, attempts=5)
