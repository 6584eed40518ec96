# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from runs for some hosts: catch-ups and returns."""

from __future__ import annotations

import pytest

from tests.support.results import OLD, follow, result
from webhook_bridge.domain.consequences import Consequence
from webhook_bridge.domain.outcomes import RunState


@pytest.mark.parametrize("state", ["succeeded", "partial", "restored", "failed"])
def test_a_catch_up_never_changes_the_release(state: RunState) -> None:
    after = follow(result(state, h1="restored"), kind="catch_up")

    assert after.release_state is None
    assert not after.hold
    assert not after.go_back


def test_a_catch_up_goes_on_for_the_hosts_that_are_still_away() -> None:
    after = follow(
        result("partial", h1="updated", h2="unreachable"),
        kind="catch_up",
        hosts=["h1", "h2"],
        attempts=1,
    )

    assert after.pending_hosts == ("h2",)
    assert after.wait == 60


@pytest.mark.parametrize("state", ["interrupted", "failed"])
def test_a_catch_up_that_never_got_to_its_hosts_is_tried_again(state: RunState) -> None:
    after = follow(result(state), kind="catch_up", hosts=["h1", "h2"], attempts=9)

    assert after.pending_hosts == ("h1", "h2")
    assert after.wait == 600


def test_a_host_that_was_skipped_is_still_to_be_caught_up() -> None:
    found = result("failed", h1="failed", h2="skipped")

    after = follow(found, kind="catch_up", hosts=["h1", "h2"])

    assert after.pending_hosts == ("h2",)


def test_a_return_goes_on_for_the_hosts_that_were_not_reached() -> None:
    found = result("partial", h1="updated", h2="unreachable", h3="failed")

    after = follow(
        found, kind="restore", restore_targets={"h1": OLD, "h2": OLD, "h3": OLD}, attempts=1
    )

    assert after.restore_targets == {"h2": OLD}
    assert after.pending_hosts == ("h3",), "by digest, since its container cannot be started"
    assert after.wait == 60
    assert after.release_state is None


def test_hosts_that_were_caught_up_beside_a_return_are_tried_again_only_where_they_were_away() -> (
    None
):
    found = result("partial", h1="updated", h2="unreachable", h3="failed", h4="updated")

    after = follow(
        found, kind="restore", hosts=["h1", "h2", "h3", "h4"], restore_targets={"h1": OLD}
    )

    assert (after.restore_targets, after.pending_hosts, after.wait) == ({}, ("h2",), 30)


def test_a_return_that_was_cut_off_is_begun_again_as_a_whole() -> None:
    after = follow(result("interrupted"), kind="restore", restore_targets={"h1": OLD, "h2": OLD})

    assert after.restore_targets == {"h1": OLD, "h2": OLD}


@pytest.mark.parametrize("kind", ["catch_up", "restore", "reconcile"])
def test_a_run_of_some_hosts_that_was_canceled_leaves_nothing_to_do(kind: str) -> None:
    found = result("canceled", h1="skipped")

    assert follow(found, kind=kind, hosts=["h1"], restore_targets={"h1": OLD}) == Consequence(True)
