# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back: the decision."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._rollback import (
    NothingToGoBackTo,
)

from tests.collection.returns import plan
from tests.collection.status_rows import EVIL, V0, V1, V2, V3, labelled, row, runs


def test_each_host_goes_back_to_the_container_that_it_keeps() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10)],
        "h2": [runs(V2, made=21), row(V1, made=11)],
    }

    back = plan(seen)

    assert back.digest == V1
    assert back.containers == {"h1": "id-1-10", "h2": "id-1-11"}


def test_a_host_that_keeps_none_goes_by_the_digest() -> None:
    keeps = [runs(V2, made=20), row(V1, made=10)]
    seen = {"h1": keeps, "h2": keeps, "rebuilt": [runs(V2, made=30)], "away": None}

    back = plan(seen)

    assert back.digest == V1
    assert back.containers == {"h1": "id-1-10", "h2": "id-1-10"}


def test_a_host_that_was_never_switched_stays_as_it_is() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10), row(V0, made=5)],
        "h2": [runs(V1, made=11), row(V0, made=6)],
    }

    assert plan(seen).containers == {"h1": "id-1-10", "h2": "id-1-11"}


def test_going_back_twice_goes_further_back() -> None:
    seen = {"h1": [runs(V1, made=10, started=30), row(V2, made=20), row(V0, made=5)]}

    assert plan(seen).digest == V0


def test_a_release_that_was_gone_back_from_is_not_gone_back_to() -> None:
    seen = {"h1": [runs(V3, made=40), row(V1, made=10, started=30), row(V2, made=20)]}

    assert plan(seen).digest == V1


def test_going_back_goes_further_back_also_past_what_was_gone_back_from() -> None:
    kept = [row(V3, made=40), row(V2, made=20), row(V0, made=5)]
    seen = {"h1": [runs(V1, made=10, started=50), *kept]}

    assert plan(seen).digest == V0


def test_a_release_that_was_gone_back_from_and_deployed_again_counts() -> None:
    seen = {
        "h1": [runs(V3, made=40), row(V2, made=20, started=35), row(V1, made=10, started=30)],
    }

    assert plan(seen).digest == V2


def test_a_release_that_stopped_by_itself_is_the_one_to_go_back_from() -> None:
    seen = {"h1": [row(V2, made=20), row(V1, made=10)]}

    assert plan(seen).digest == V1


def test_what_never_served_is_nothing_to_go_back_to() -> None:
    staged = {**row(V1, made=10), "started_at": ""}
    trial = {**row(V0, made=9), "name": "shop-000000000000-trial"}

    with pytest.raises(NothingToGoBackTo, match="nothing to go back to"):
        plan({"h1": [runs(V2, made=20), staged, trial]})


def test_an_app_that_is_nowhere_cannot_go_back() -> None:
    with pytest.raises(NothingToGoBackTo, match="no host has a container"):
        plan({"h1": []})


def test_hosts_that_disagree_are_named() -> None:
    seen = {
        "h1": [runs(V2, made=20), row(V1, made=10)],
        "h2": [runs(V2, made=20), row(V0, made=10)],
    }

    with pytest.raises(NothingToGoBackTo, match=f"h1: {V2}, before it {V1}; h2: .* before it {V0}"):
        plan(seen)


def test_a_digest_that_is_named_is_the_one_whatever_runs() -> None:
    seen = {"h1": [runs(V2, made=20), row(V1, made=10), row(V0, made=5)], "h2": []}

    back = plan(seen, digest=V0)

    assert (back.digest, back.containers) == (V0, {"h1": "id-0-5"})


def test_what_one_of_two_hosts_alone_ran_is_not_gone_back_to() -> None:
    seen = {"h1": [runs(V2, made=20), row(V1, made=10)], "rebuilt": [runs(V2, made=30)]}

    with pytest.raises(NothingToGoBackTo, match=f"more than half of the 2 hosts.*h1: .*{V1}"):
        plan(seen)


def halted(on_v2: Any, hosts: int = 4) -> dict[str, Any]:
    """Return hosts on 2, and a canary on 3."""
    canary = [runs(V3, made=30), row(V2, made=20), row(V1, made=10)]
    return {"canary": canary, **{f"h{each}": on_v2 for each in range(hosts)}}


@pytest.mark.parametrize("started", [20, 50], ids=["as deployed", "after a reboot or a restore"])
@pytest.mark.parametrize("hosts", [1, 4])
def test_only_the_canary_goes_back_after_a_rollout_that_was_halted(
    started: int, hosts: int
) -> None:
    back = plan(halted([runs(V2, made=20, started=started), row(V1, made=10)], hosts))

    assert back.digest == V2
    assert "only canary go back" in back.note
    assert V3 in back.note


def test_one_host_that_was_put_back_does_not_take_the_others_further_back() -> None:
    on_v3 = [runs(V3, made=30), row(V2, made=20), row(V1, made=10)]
    put_back = [runs(V2, made=20, started=40), row(V1, made=10)]

    assert plan({"h1": on_v3, "h2": on_v3, "h3": on_v3, "h4": put_back}).digest == V2


def test_a_host_that_was_away_for_long_does_not_keep_the_others_from_going_back() -> None:
    on_v3 = [runs(V3, made=30), row(V2, made=20), row(V1, made=10)]
    seen = {"h1": on_v3, "h2": on_v3, "h3": on_v3, "late": [runs(V0, made=5)]}

    back = plan(seen)

    assert back.digest == V2
    assert f"late: {V0}, none before it" in back.note


def test_a_host_that_says_it_started_in_the_future_takes_nobody_anywhere() -> None:
    on_v1 = [runs(V1, made=10), row(V0, made=5)]
    lie = [runs(EVIL, made=30), row(V2, made=20)]
    lie[0]["started_at"] = "2099-01-01T00:00:00Z"

    with pytest.raises(NothingToGoBackTo, match=f"liar: {EVIL}, with times that cannot be true"):
        plan({"h1": on_v1, "h2": on_v1, "h3": on_v1, "liar": lie})


def test_a_host_alone_with_a_newer_release_moves_no_other() -> None:
    on_v3 = [runs(V3, made=30), row(V2, made=20), row(V1, made=10)]
    lie = [runs(EVIL, made=40), row(V2, made=20)]

    with pytest.raises(NothingToGoBackTo, match=f"h1, h2: {V3}, .*; liar: {EVIL}, before it {V2}"):
        plan({"h1": on_v3, "h2": on_v3, "liar": lie})

    lie[1] = row(V3, made=30)
    back = plan({"h1": on_v3, "h2": on_v3, "liar": lie})
    assert back.digest == V3
    assert "only liar go back" in back.note


def test_most_hosts_have_to_answer() -> None:
    on_v2 = [runs(V2, made=20), row(V1, made=10)]

    assert plan({"h1": on_v2, "h2": None}).digest == V1
    with pytest.raises(NothingToGoBackTo, match="h2, h3 did not say what they keep"):
        plan({"h1": on_v2, "h2": None, "h3": None})


def test_a_refusal_stays_short_however_many_hosts_and_lies_there_are() -> None:
    seen = {f"host{n}": [runs(f"sha256:{n:064}", made=20)] for n in range(300)}

    with pytest.raises(NothingToGoBackTo) as refusal:
        plan(seen)

    assert len(str(refusal.value)) < 700
    assert "-e longshore_digest" in str(refusal.value)


def test_the_order_of_releases_is_that_of_their_labels_whatever_was_started_last() -> None:
    on_v3 = [
        labelled(runs(V3, made=30), released=30, replaces=V2),
        labelled(row(V2, made=20), released=20, replaces=V1),
        labelled(row(V1, made=10, started=50), released=10, replaces=V0),
    ]
    put_back = [
        labelled(runs(V2, made=20, started=45), released=20, replaces=V1),
        labelled(row(V1, made=10, started=50), released=10, replaces=V0),
    ]

    back = plan({"h1": on_v3, "h2": on_v3, "h3": on_v3, "h4": put_back})

    assert (back.digest, back.note) == (V2, "")
    assert back.containers == {"h1": "id-2-20", "h2": "id-2-20", "h3": "id-2-20", "h4": "id-2-20"}


def test_a_release_that_was_made_anew_for_going_back_is_as_old_as_it_was() -> None:
    # Where 1 was not kept, its container was made after those of 2 and 3.
    anew = labelled(runs(V1, made=40), released=10)
    left = [
        labelled(row(V3, made=30), released=30, replaces=V2),
        labelled(row(V2, made=20), released=20, replaces=V1),
    ]

    with pytest.raises(NothingToGoBackTo, match="no host keeps a container of a release before"):
        plan({"h1": [anew, *left], "h2": [anew, *left]})


def test_what_a_release_replaced_is_gone_back_to_even_where_no_host_keeps_it() -> None:
    on_v2 = [labelled(runs(V2, made=20), released=20, replaces=V1)]

    back = plan({"h1": on_v2, "h2": on_v2, "rebuilt": [labelled(runs(V2, made=25), released=20)]})

    assert (back.digest, back.containers) == (V1, {})
    assert back.released_at == "2024-11-28T12:20:00.249999Z"


def test_a_release_that_was_gone_back_from_is_passed_over_by_the_label() -> None:
    # 1, 2, back to 1, 3; then 2 was started by hand, and stopped again.
    rows = [
        labelled(runs(V3, made=30), released=30, replaces=V1),
        labelled(row(V2, made=20, started=55), released=20, replaces=V1),
        labelled(row(V1, made=10, started=25), released=10, replaces=V0),
    ]

    assert plan({"h1": rows}).digest == V1


def test_of_two_that_run_the_newer_release_is_what_is_gone_back_from() -> None:
    rows = [
        labelled(runs(V3, made=30), released=30, replaces=V2),
        labelled(runs(V1, made=10, started=50), released=10, replaces=V0),
    ]

    assert plan({"h1": rows}).digest == V2


def test_containers_without_the_labels_are_ordered_with_those_that_have_them() -> None:
    old = [row(V2, made=20), row(V1, made=10)]
    rebuilt = [labelled(runs(V3, made=31), released=30), *old]

    assert plan({"h1": rebuilt, "h2": rebuilt}).digest == V2


def test_when_a_release_was_made_is_what_most_hosts_say() -> None:
    on_v2 = [
        labelled(runs(V2, made=20), released=20, replaces=V1),
        labelled(row(V1, made=10), released=10),
    ]
    liar = [on_v2[0], labelled(row(V1, made=10), released=59)]

    back = plan({"h1": on_v2, "h2": on_v2, "liar": liar})
    named = plan({"h1": on_v2, "h2": liar, "h3": []}, V1)

    assert back.released_at == "2024-11-28T12:10:00.250000Z"
    assert named.released_at == ""


@pytest.mark.parametrize("lie", ["2024-11-31T25:61:00Z", "soon", "2024-11-28T12:10:00Z\n"])
def test_a_time_that_there_is_not_dates_no_release(lie: str) -> None:
    on_v2 = [{**labelled(runs(V2, made=20), released=20, replaces=V1), "released_at": lie}]

    with pytest.raises(NothingToGoBackTo):
        plan({"h1": on_v2})
    assert plan({"h1": on_v2}, V2).released_at in ("", lie.strip())
