# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from webhook_bridge.domain import app_state
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.releases import AppRow

BUSY = AppRow(
    "shop",
    release_id="r1",
    generation=3,
    applied_generation=2,
    epoch=5,
    owner="w1",
    pending_hosts=["h2"],
    restore_targets={"h1": KeptContainer("3f2a", "sha256:1")},
    reconcile_hosts=["h3"],
    observe_at=50.0,
    due_at=40.0,
    attempts=2,
)


def test_a_new_wish_replaces_what_was_open_and_leaves_the_worker_alone() -> None:
    row = app_state.desired(BUSY, "r2")

    assert (row.release_id, row.generation, row.applied_generation) == ("r2", 4, 2)
    assert (row.pending_hosts, row.restore_targets, row.reconcile_hosts) == ([], {}, [])
    assert (row.attempts, row.due_at) == (0, 0.0)
    assert (row.owner, row.epoch, row.observe_at) == ("w1", 5, 50.0)


def test_a_claim_raises_the_epoch_and_nothing_else() -> None:
    free = replace(BUSY, owner=None)

    assert app_state.claimed(free, "w2") == replace(free, owner="w2", epoch=6)


def test_a_run_that_was_cut_off_fences_its_worker_and_answers_nothing() -> None:
    assert app_state.cut_off(BUSY) == replace(BUSY, owner=None, epoch=6)


def test_a_run_that_ended_frees_the_app_and_answers_its_wish() -> None:
    answered = app_state.concluded(BUSY, generation=3, answered=True)
    open_still = app_state.concluded(BUSY, generation=3, answered=False)

    assert answered == replace(BUSY, owner=None, applied_generation=3)
    assert open_still == replace(BUSY, owner=None)


def test_an_earlier_release_that_is_desired_again_is_no_new_wish() -> None:
    assert app_state.returned_to(BUSY, "r0") == replace(BUSY, release_id="r0")


def test_a_look_is_scheduled_where_none_is() -> None:
    assert app_state.observation_scheduled(BUSY, at=99.0) == BUSY
    unset = replace(BUSY, observe_at=None)
    assert app_state.observation_scheduled(unset, at=99.0).observe_at == 99.0


def test_whoever_asks_for_a_reconcile_has_waiting_hosts_tried_at_once() -> None:
    row = app_state.reconcile_requested(BUSY, now=30.0)
    assert row == replace(BUSY, observe_at=30.0, attempts=0, due_at=30.0)

    settled = replace(BUSY, pending_hosts=[], restore_targets={})
    row = app_state.reconcile_requested(settled, now=30.0)
    assert row == replace(settled, observe_at=30.0)


def test_what_was_to_be_brought_up_to_date_is_set_by_a_look_and_cleared_by_a_run() -> None:
    row = app_state.observed(BUSY, next_at=None, reconcile_hosts=("h1",))

    assert (row.observe_at, row.reconcile_hosts) == (None, ["h1"])
    assert app_state.reconciled(row).reconcile_hosts == []


def test_an_app_that_could_not_be_removed_is_free_and_nothing_is_due_for_it() -> None:
    row = app_state.removal_ended(BUSY)

    assert (row.owner, row.epoch, row.applied_generation) == (None, 6, 3)
    assert (row.pending_hosts, row.restore_targets, row.reconcile_hosts) == ([], {}, [])


def test_a_look_that_is_due_changes_only_its_time() -> None:
    assert app_state.observation_due(BUSY, now=30.0) == replace(BUSY, observe_at=30.0)
