# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from tests.support.app_rows import change_app
from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.releases import AppRow, NewRelease, Release
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.store import Store, deliveries, holds, releases, runs

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")


def desire(store: Store, digest: str, *, app: str = "shop") -> Release:
    new = NewRelease(app, "r/acme/shop", "latest", digest, "delivery", "hook hub")
    with store.write() as connection:
        return releases.desire(connection, new, now=1.0)


def row(store: Store, app: str = "shop") -> AppRow:
    with store.write() as connection:
        return releases.app_row(connection, app)


def mark(store: Store, release: Release, state: Any) -> None:
    with store.write() as connection:
        releases.mark(connection, release.id, state)


def states(store: Store) -> list[str]:
    with store.read() as connection:
        return [one.state for one in releases.latest(connection, "shop", limit=10)]


def last_good(store: Store, *, other_than: str) -> str | None:
    with store.read() as connection:
        found = releases.last_good(connection, "shop", other_than=other_than)
    return None if found is None else found.digest


def test_an_app_that_was_never_asked_for_wishes_nothing(store: Store) -> None:
    assert (row(store).generation, row(store).release_id) == (0, None)


def test_each_wish_is_the_next_generation_and_waits_to_be_applied(store: Store) -> None:
    desire(store, V1)
    second = desire(store, V2)

    assert second.generation == 2
    assert (row(store).generation, row(store).applied_generation) == (2, 0)
    assert row(store).release_id == second.id


def test_a_wish_that_nobody_had_begun_with_is_superseded_by_the_next(store: Store) -> None:
    desire(store, V1)
    desire(store, V2)

    assert states(store) == ["desired", "superseded"]


def test_a_release_that_proved_good_stays_good_when_the_next_comes(store: Store) -> None:
    mark(store, desire(store, V1), "good")
    desire(store, V2)

    assert states(store) == ["desired", "good"]


def test_a_wish_for_one_app_says_nothing_about_another(store: Store) -> None:
    desire(store, V1)
    desire(store, V2, app="other")

    assert states(store) == ["desired"]
    assert row(store).generation == 1


def test_a_new_wish_forgets_the_hosts_and_the_waits_of_the_old_one(store: Store) -> None:
    desire(store, V1)
    with store.write() as connection:
        change_app(connection, "shop", pending_hosts=["h1"], attempts=3, due_at=9e9)

    desire(store, V2)

    assert (row(store).pending_hosts, row(store).attempts, row(store).due_at) == ([], 0, 0)


def test_the_last_good_release_is_the_newest_one_with_another_digest(store: Store) -> None:
    for digest in (V1, V2, V3):
        mark(store, desire(store, digest), "good")

    assert last_good(store, other_than=V3) == V2


def test_a_release_that_was_put_back_or_failed_is_not_gone_back_to(store: Store) -> None:
    mark(store, desire(store, V1), "good")
    mark(store, desire(store, V2), "restored")
    mark(store, desire(store, V3), "failed")

    assert last_good(store, other_than=V3) == V1


def test_a_digest_that_is_held_is_not_gone_back_to_although_it_ran_well_once(
    store: Store,
) -> None:
    mark(store, desire(store, V1), "good")
    mark(store, desire(store, V2), "good")
    with store.write() as connection:
        holds.hold(connection, "shop", V2, reason="rolled back", run_id=None, now=1.0)

    assert last_good(store, other_than=V3) == V1


def test_a_digest_whose_last_rollout_was_only_not_finished_may_be_gone_back_to(
    store: Store,
) -> None:
    mark(store, desire(store, V1), "good")
    with store.write() as connection:
        holds.hold(connection, "shop", V1, reason="not finished", run_id=None, now=1.0)

    assert last_good(store, other_than=V3) == V1


def test_without_another_good_release_there_is_nothing_to_go_back_to(store: Store) -> None:
    mark(store, desire(store, V1), "good")

    assert last_good(store, other_than=V1) is None


def test_a_digest_is_held_with_its_newest_reason_until_it_is_let_go(store: Store) -> None:
    with store.write() as connection:
        holds.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)
        holds.hold(connection, "shop", V1, reason="rolled back", run_id=None, now=2.0)
        holds.hold(connection, "other", V2, reason="put back", run_id=None, now=2.0)

        assert holds.held_digests(connection, "shop") == {V1: "rolled back"}

        holds.unhold(connection, "shop", V1)
        assert holds.held_digests(connection, "shop") == {}
        assert holds.held_digests(connection, "other") == {V2: "put back"}


def add_delivery(store: Store, *, received_at: float = 1.0) -> str:
    new = NewDelivery("hub", "dockerhub", "::1", {"A": "é"}, b"\xff\x00", received_at)
    with store.write() as connection:
        return deliveries.add(connection, new)


def test_a_delivery_is_stored_as_it_came(store: Store) -> None:
    identifier = add_delivery(store)

    with store.read() as connection:
        [found] = deliveries.find(connection, identifier[:8])

    assert (found.body, found.headers, found.verdict) == (b"\xff\x00", {"A": "é"}, None)


def test_deliveries_are_due_in_the_order_they_came(store: Store) -> None:
    added = [add_delivery(store) for _ in range(5)]

    with store.read() as connection:
        assert [one.id for one in deliveries.due(connection, now=2.0, limit=3)] == added[:3]
        assert deliveries.due(connection, now=0.5, limit=9) == []


def test_a_delivery_has_one_verdict_and_a_second_changes_nothing(store: Store) -> None:
    identifier = add_delivery(store)
    with store.write() as connection:
        deliveries.decide(connection, identifier, code="released", detail="a", now=2.0)
        deliveries.decide(connection, identifier, code="no_app", detail="b", now=3.0)
        deliveries.postpone(connection, identifier, due_at=9.0, detail="c")

        [found] = deliveries.latest(connection, limit=1)

    assert (found.verdict, found.detail, found.decided_at) == ("released", "a", 2.0)
    assert (found.due_at, found.attempts) == (None, 0)


def test_a_postponed_delivery_waits_and_counts_its_tries(store: Store) -> None:
    identifier = add_delivery(store)
    with store.write() as connection:
        deliveries.postpone(connection, identifier, due_at=50.0, detail="down")

        assert deliveries.due(connection, now=49.0, limit=1) == []
        [found] = deliveries.due(connection, now=50.0, limit=1)

    assert (found.attempts, found.detail) == (1, "down")


def test_a_start_of_an_id_may_hold_any_character(store: Store) -> None:
    add_delivery(store)

    with store.read() as connection:
        for start in ("%", "_", "\\", "'", "\x00", "é"):
            assert deliveries.find(connection, start) == []


def test_a_digest_was_released_first_when_it_was_first_asked_for(store: Store) -> None:
    with store.write() as connection:
        for now, digest in enumerate(["one", "two", "one"], start=5):
            new = NewRelease("shop", "docker.io/acme/shop", "latest", digest, "deploy", "api")
            releases.desire(connection, new, now=float(now))

    with store.read() as connection:
        found = releases.first_released_at(connection, "shop", ["one", "two", "three"])

    assert found == {"one": 5.0, "two": 6.0}


def test_a_removed_app_that_is_declared_again_counts_its_wishes_on(store: Store) -> None:
    first = desire(store, V1)
    with store.write() as connection:
        runs.start(connection, NewRun("shop", first.id, 4, 7, "remove"), now=2.0)
        releases.forget_app(connection, "shop")
        fresh = releases.locked_app_row(connection, "shop")

    again = desire(store, V2)

    assert (fresh.generation, fresh.applied_generation, fresh.epoch) == (4, 4, 7)
    assert again.generation == 5
    assert (row(store).generation, row(store).applied_generation) == (5, 4)


def test_a_removed_app_counts_on_where_its_last_release_was_never_run(store: Store) -> None:
    desire(store, V1)
    desire(store, V2)
    with store.write() as connection:
        releases.forget_app(connection, "shop")

    assert desire(store, V3).generation == 3


def first_run(store: Store, release: Release) -> str | None:
    with store.read() as connection:
        found = runs.first_since(connection, release, kinds=ROLLOUTS)
    return None if found is None else found.id


def test_the_run_of_a_release_is_its_rollout_or_one_of_a_release_that_superseded_it(
    store: Store,
) -> None:
    before, release = desire(store, V1), desire(store, V2)
    with store.write() as connection:
        # As a database holds them in which the generations of a removed app began at 0 again.
        runs.start(connection, NewRun("shop", before.id, 9, 1, "remove"), now=2.0)
        runs.start(connection, NewRun("shop", before.id, 9, 1, "deploy"), now=2.0)
        runs.start(connection, NewRun("shop", release.id, 2, 2, "observe"), now=2.0)
    assert first_run(store, release) is None

    newer = desire(store, V3)
    with store.write() as connection:
        superseding = runs.start(connection, NewRun("shop", newer.id, 3, 3, "deploy"), now=3.0)
    assert first_run(store, release) == superseding.id
