# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from tests.support.claimed_app import (
    DIED,
    GOOD,
    TRY_AGAIN,
    V1,
    V2,
    all_runs,
    claim,
    claimed,
    desire,
    finish,
)
from webhook_bridge.runs import leases
from webhook_bridge.runs.conclusions import give_back
from webhook_bridge.store import Store


def names(store: Store) -> list[str]:
    with store.read() as connection:
        return leases.apps_to_check(connection, {"shop"}, now=10.0)


def test_without_a_wish_there_is_nothing_to_claim(store: Store) -> None:
    assert claim(store) is None
    assert names(store) == []


def test_a_claim_stores_a_run_for_the_newest_wish(store: Store) -> None:
    desire(store, V1)
    desire(store, V2)

    work = claimed(store)

    assert work.release.digest == V2
    assert (work.run.kind, work.run.generation, work.run.state) == ("deploy", 2, "running")


def test_an_app_that_is_claimed_is_nobody_elses(store: Store) -> None:
    desire(store)
    claimed(store)

    assert claim(store, worker="w2") is None
    assert names(store) == []


def test_a_rollback_is_a_run_of_its_own_kind(store: Store) -> None:
    desire(store, cause="rollback")

    assert claimed(store).run.kind == "rollback"


def test_a_wish_that_came_during_a_run_is_the_next_run(store: Store) -> None:
    desire(store, V1)
    work = claimed(store)
    desire(store, V2)
    finish(store, work, GOOD)

    assert claimed(store).release.digest == V2


def test_what_a_rollback_would_go_to_is_protected_on_the_hosts(store: Store) -> None:
    desire(store, V1)
    finish(store, claimed(store), GOOD)
    desire(store, V2)

    assert claimed(store).protect == (V1,)


def test_hosts_that_are_away_are_caught_up_when_their_time_has_come(store: Store) -> None:
    desire(store)
    finish(store, claimed(store), replace(GOOD, pending_hosts=("h2",), wait=30.0), state="partial")

    assert claim(store, now=49.0) is None
    work = claimed(store, now=50.0)
    assert (work.run.kind, work.run.hosts, work.attempts) == ("catch_up", ("h2",), 1)


def test_an_interrupted_run_is_tried_again_after_its_wait(store: Store) -> None:
    desire(store)
    finish(store, claimed(store), TRY_AGAIN, state="interrupted")

    assert claim(store, now=49.0) is None
    assert claimed(store, now=50.0).attempts == 1


def test_what_a_dead_worker_had_claimed_is_run_again(store: Store) -> None:
    desire(store)
    lost = claimed(store)
    give_back(store, lost, DIED)

    again = claimed(store)

    assert again.run.epoch > lost.run.epoch
    [_, first] = all_runs(store)
    assert (first.state, first.reason) == ("interrupted", "died")


def test_a_claim_tells_when_its_release_was_first_made_and_whether_it_goes_back(
    store: Store,
) -> None:
    desire(store, V1)
    made = claimed(store)
    finish(store, made, GOOD)
    desire(store, V1, cause="rollback")

    work = claimed(store)

    assert work.digests == (V1,)
    assert work.released_at == made.released_at == {V1: made.release.created_at}
