# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from webhook_bridge.domain.host_knowledge import after_observation, after_outcome
from webhook_bridge.domain.hosts import HostState, KeptContainer, Observation, SeenContainer
from webhook_bridge.domain.outcomes import Outcome, OutcomeWord

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
NOBODY = HostState("shop", "h1")
OLD = KeptContainer("id-1", V1)


def outcome(word: OutcomeWord, **fields: Any) -> Outcome:
    given = {"step": "switch", "reason": "why", "digest": V2, "container": "shop-2"}
    return Outcome("h1", word, **given | fields)


def container(name: str, digest: str, *, state: str = "running") -> SeenContainer:
    return SeenContainer(name, f"id-{name[-1]}", digest, state, "healthy")


def test_a_success_places_its_container_and_keeps_the_one_before() -> None:
    after = after_outcome(NOBODY, outcome("updated", previous=OLD, daemon="d"), now=5.0)

    assert (after.digest, after.deployed_container, after.deployed_daemon) == (V2, "shop-2", "d")
    assert after.kept == (OLD,)
    assert (after.reached, after.seen_at) == (True, 5.0)


def test_a_host_that_was_away_runs_what_it_ran() -> None:
    before = after_outcome(NOBODY, outcome("updated"), now=5.0)

    after = after_outcome(before, outcome("unreachable", reason="no route"), now=6.0)

    assert after == replace(before, reached=False, reason="no route")


def test_a_host_that_put_a_digest_back_refuses_it_and_runs_the_old_one() -> None:
    before = replace(NOBODY, digest=V1, container="shop-1", deployed_container="shop-1")

    after = after_outcome(before, outcome("restored", running=V1), now=6.0)

    assert (after.digest, after.rejected_digest, after.deployed_container) == (V1, V2, "shop-1")


def test_a_failure_before_the_trial_speaks_not_against_the_digest() -> None:
    assert after_outcome(NOBODY, outcome("failed"), now=6.0).rejected_digest is None


def test_a_success_takes_a_refusal_back() -> None:
    assert (
        after_outcome(
            replace(NOBODY, rejected_digest=V2), outcome("updated"), now=1.0
        ).rejected_digest
        is None
    )


def test_hosts_that_a_run_never_heard_of_stay_as_they_are_known() -> None:
    assert after_outcome(NOBODY, outcome("skipped"), now=1.0) == NOBODY
    assert after_outcome(NOBODY, outcome("failed", step="report"), now=1.0) == NOBODY


def test_a_look_finds_what_runs_and_what_is_kept() -> None:
    seen = Observation(
        "h1", (container("shop-2", V2), container("shop-1", V1, state="exited")), "d"
    )

    after = after_observation(NOBODY, seen, now=7.0)

    assert (after.digest, after.container_id, after.daemon) == (V2, "id-2", "d")
    assert after.kept == (OLD,)


def test_the_first_look_after_a_run_learns_the_id_of_the_container_that_it_placed() -> None:
    deployed_container = after_outcome(NOBODY, outcome("updated"), now=5.0)

    after = after_observation(
        deployed_container, Observation("h1", (container("shop-2", V2),), "d"), now=7.0
    )

    assert (after.deployed_container_id, after.deployed_daemon) == ("id-2", "d")


@pytest.mark.parametrize("state", ["paused", "restarting"])
def test_a_container_that_does_not_serve_was_not_stopped_by_hand(state: str) -> None:
    deployed_container = after_outcome(NOBODY, outcome("updated"), now=5.0)
    ours = container("shop-2", V2, state=state)

    after = after_observation(
        deployed_container,
        Observation("h1", (ours, container("shop-1", V1, state="exited"))),
        now=7.0,
    )

    assert (after.digest, after.container, after.health) == (V2, "shop-2", state)
    assert after.kept == (OLD,)


def test_what_serves_counts_before_what_does_not_where_neither_was_placed() -> None:
    found = (container("shop-1", V1, state="restarting"), container("shop-2", V2))

    assert after_observation(NOBODY, Observation("h1", found), now=7.0).digest == V2


def test_a_second_container_that_runs_is_seen_until_a_run_has_cleaned_up() -> None:
    deployed_container = after_outcome(NOBODY, outcome("updated"), now=5.0)
    both = Observation("h1", (container("shop-1", V1), container("shop-2", V2)))

    seen = after_observation(deployed_container, both, now=7.0)

    assert (seen.container, seen.extra_container) == ("shop-2", "shop-1")
    assert after_outcome(seen, outcome("unchanged"), now=8.0).extra_container is None
    assert (
        after_observation(
            seen, Observation("h1", (container("shop-2", V2),)), now=8.0
        ).extra_container
        is None
    )
    assert after_observation(seen, Observation("h1", ()), now=8.0).extra_container is None


def test_a_host_without_a_running_container_runs_nothing() -> None:
    after = after_observation(replace(NOBODY, digest=V1), Observation("h1", (), "d"), now=7.0)

    assert (after.digest, after.container) == ("", None)


def test_a_host_that_could_not_be_looked_at_runs_what_it_ran() -> None:
    before = replace(NOBODY, digest=V1, reached=True)

    after = after_observation(before, Observation("h1", unreachable="no route"), now=7.0)

    assert (after.digest, after.reached) == (V1, False)


@pytest.mark.parametrize(("told", "known"), [(("env A",), ("env A",)), ((), ()), (None, ())])
def test_a_look_finds_other_options_as_far_as_they_can_be_told(
    told: tuple[str, ...] | None, known: tuple[str, ...]
) -> None:
    seen = replace(container("shop-2", V2), other_options=told)

    after = after_observation(NOBODY, Observation("h1", (seen,)), now=5.0)

    assert after.other_options == known


def test_a_run_that_brought_the_options_has_no_other_ones_left() -> None:
    before = replace(NOBODY, other_options=("env A",))

    assert after_outcome(before, outcome("updated"), now=5.0).other_options == ()
    assert after_outcome(before, outcome("failed"), now=5.0).other_options == ("env A",)
    nothing = after_observation(before, Observation("h1"), now=5.0)
    assert nothing.other_options == ()


def test_a_failure_that_left_nothing_running_is_known_until_something_runs_there() -> None:
    before = after_outcome(NOBODY, outcome("updated"), now=5.0)

    failed = after_outcome(before, outcome("failed", running=""), now=6.0)
    away = after_observation(failed, Observation("h1", unreachable="no route"), now=7.0)
    seen = after_observation(away, Observation("h1"), now=8.0)
    unseen = after_outcome(seen, outcome("failed"), now=9.0)

    assert [one.failed for one in (before, failed, away, seen, unseen)] == [False, *[True] * 4]
    assert (unseen.reached, unseen.digest) == (True, "")


@pytest.mark.parametrize("word", ["updated", "restored", "failed"])
def test_a_failure_is_over_once_a_run_leaves_something_running(word: OutcomeWord) -> None:
    failed = after_outcome(NOBODY, outcome("failed", running=""), now=6.0)

    assert not after_outcome(failed, outcome(word, running=V1), now=7.0).failed


def test_a_failure_is_over_once_something_is_seen_to_run() -> None:
    failed = after_outcome(NOBODY, outcome("failed", running=""), now=6.0)
    look = Observation("h1", (container("shop-1", V1),))

    again = after_observation(failed, look, now=7.0)

    assert not again.failed
    assert not after_observation(again, Observation("h1"), now=8.0).failed
