# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a rollout: whether it is answered, and whom it leaves to be caught up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.results import BACK_OFF, OLD, follow, result
from webhook_bridge.domain.consequences import Consequence
from webhook_bridge.domain.outcomes import RunState


def test_a_success_answers_the_wish_and_proves_the_release_good() -> None:
    assert follow(result("succeeded", h1="updated")) == Consequence(
        answered=True, release_state="good", hold=None, go_back=False, pending_hosts=(), wait=0
    )


def test_hosts_that_were_away_are_caught_up_later() -> None:
    after = follow(result("partial", h1="updated", h2="unreachable"))

    assert after.answered
    assert after.release_state == "good"
    assert after.pending_hosts == ("h2",)
    assert after.wait == 30


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, 30), (1, 60), (2, 120), (4, 480), (5, 600), (10_000, 600)]
)
def test_each_try_in_vain_doubles_the_wait_up_to_the_longest(attempts: int, wait: float) -> None:
    assert BACK_OFF.after(attempts) == wait


def test_hosts_that_were_away_when_it_was_put_back_are_tried_later() -> None:
    after = follow(result("restored", h1="restored", h2="unreachable"))

    assert after.pending_hosts == ("h2",)
    assert after.wait == 30


@pytest.mark.parametrize(
    "hosts",
    [
        {"h1": "unreachable"},
        {"h1": "unreachable", "h2": "skipped"},
        {"h1": "registry_trouble"},
        {"h1": "registry_trouble", "h2": "unreachable", "h3": "skipped"},
    ],
)
def test_a_release_that_no_host_has_seen_stays_wanted_as_a_whole(hosts: dict[str, Any]) -> None:
    after = follow(result("failed", **hosts), attempts=1)

    assert not after.answered
    assert after.release_state is None
    assert not after.hold
    assert after.wait == 60


def test_hosts_that_a_lost_canary_left_out_are_caught_up_too() -> None:
    after = follow(result("partial", h1="updated", h2="unreachable", h3="skipped"))

    assert after.pending_hosts == ("h2", "h3")


def test_hosts_that_the_registry_did_not_serve_are_caught_up_and_hold_nothing() -> None:
    after = follow(result("partial", h1="updated", h2="registry_trouble"))

    assert after.answered
    assert after.release_state == "good"
    assert after.pending_hosts == ("h2",)
    assert not after.hold


def test_a_host_that_the_registry_did_not_serve_goes_back_with_the_others() -> None:
    after = follow(result("restored", h1="restored", h2="registry_trouble"))

    assert after.pending_hosts == ("h2",)


def test_hosts_that_could_not_be_reached_at_all_do_not_speak_against_the_digest() -> None:
    assert not follow(result("failed", h1="unreachable", step="reach")).hold


@pytest.mark.parametrize(("attempts", "answered"), [(0, False), (1, False), (2, True), (9, True)])
def test_an_interrupted_run_is_tried_three_times_in_all(attempts: int, *, answered: bool) -> None:
    after = follow(result("interrupted"), attempts=attempts)

    assert after.answered is answered
    assert after.release_state == ("failed" if answered else None)
    assert not after.hold


@pytest.mark.parametrize("state", ["canceled", "superseded"])
def test_a_rollout_that_was_stopped_on_purpose_is_answered_and_undoes_nothing(
    state: RunState,
) -> None:
    after = follow(result(state, h1="updated", h2="skipped"), before={"h1": OLD})

    assert after == Consequence(True, state)
