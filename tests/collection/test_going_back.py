# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back: the decision."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils.going_back import (
    NothingToGoBackTo,
    plan_return,
)

V0, V1, V2 = ("sha256:" + letter * 64 for letter in "012")


def row(digest: str, *, made: int, started: int | None = None, state: str = "exited") -> Any:
    """Return a row of container_status; times are minutes of one hour."""
    return {
        "id": f"id-{digest[-1]}-{made}",
        "name": f"shop-{digest[7:19]}",
        "made_from": digest,
        "state": state,
        "created_at": f"2026-11-28T12:{made:02}:00.5Z",
        "started_at": f"2026-11-28T12:{made if started is None else started:02}:01Z",
    }


def runs(digest: str, *, made: int, started: int | None = None) -> Any:
    return row(digest, made=made, started=started, state="running")


def test_each_host_goes_back_to_the_container_that_it_keeps() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10)],
        "h2": [runs(V2, made=21), row(V1, made=11)],
    }

    plan = plan_return(seen)

    assert plan.digest == V1
    assert plan.containers == {"h1": "id-1-10", "h2": "id-1-11"}


def test_a_host_that_keeps_none_goes_by_the_digest() -> None:
    seen = {"h1": [runs(V2, made=20), row(V1, made=10)], "rebuilt": [runs(V2, made=30)], "away": []}

    plan = plan_return(seen)

    assert plan.digest == V1
    assert plan.containers == {"h1": "id-1-10"}


def test_a_host_that_was_never_switched_stays_as_it_is() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10), row(V0, made=5)],
        "h2": [runs(V1, made=11), row(V0, made=6)],
    }

    assert plan_return(seen).containers == {"h1": "id-1-10", "h2": "id-1-11"}


def test_going_back_twice_goes_further_back() -> None:
    seen = {"h1": [runs(V1, made=10, started=30), row(V2, made=20), row(V0, made=5)]}

    assert plan_return(seen).digest == V0


def test_a_release_that_was_gone_back_from_is_not_gone_back_to() -> None:
    v3 = "sha256:" + "3" * 64
    seen = {"h1": [runs(v3, made=40), row(V1, made=10, started=30), row(V2, made=20)]}

    assert plan_return(seen).digest == V1


def test_going_back_goes_further_back_also_past_what_was_gone_back_from() -> None:
    v3 = "sha256:" + "3" * 64
    kept = [row(v3, made=40), row(V2, made=20), row(V0, made=5)]
    seen = {"h1": [runs(V1, made=10, started=50), *kept]}

    assert plan_return(seen).digest == V0


def test_a_release_that_was_gone_back_from_and_deployed_again_counts() -> None:
    v3 = "sha256:" + "3" * 64
    seen = {
        "h1": [runs(v3, made=40), row(V2, made=20, started=35), row(V1, made=10, started=30)],
    }

    assert plan_return(seen).digest == V2


def test_a_release_that_stopped_by_itself_is_the_one_to_go_back_from() -> None:
    seen = {"h1": [row(V2, made=20), row(V1, made=10)]}

    assert plan_return(seen).digest == V1


def test_what_never_served_is_nothing_to_go_back_to() -> None:
    staged = {**row(V1, made=10), "started_at": ""}
    trial = {**row(V0, made=9), "name": "shop-000000000000-trial"}

    with pytest.raises(NothingToGoBackTo, match="nothing to go back to"):
        plan_return({"h1": [runs(V2, made=20), staged, trial]})


def test_an_app_that_is_nowhere_cannot_go_back() -> None:
    with pytest.raises(NothingToGoBackTo, match="no host has a container"):
        plan_return({"h1": []})


def test_hosts_that_disagree_are_named() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10)],
        "h2": [runs(V2, made=20), row(V0, made=10)],
    }

    with pytest.raises(NothingToGoBackTo, match=f"h1: {V1}, h2: {V0}"):
        plan_return(seen)


def test_a_digest_that_is_named_is_the_one_whatever_runs() -> None:
    seen = {"h1": [runs(V2, made=20), row(V1, made=10), row(V0, made=5)], "h2": []}

    plan = plan_return(seen, digest=V0)

    assert (plan.digest, plan.containers) == (V0, {"h1": "id-0-5"})
