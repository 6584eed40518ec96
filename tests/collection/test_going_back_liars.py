# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back, whatever a minority of its hosts says."""

from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._rollback import (
    NothingToGoBackTo,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collection.returns import plan
from tests.collection.status_rows import EVIL, V0, V1, V2, V3, labelled, row, runs

REPEATABLE = settings(deadline=None, derandomize=True, max_examples=300)


def honest_host(release: int, *, rebuilt: bool, restarted: bool, staged: bool, labels: bool) -> Any:
    """Return what a host says that runs one of the releases 1 to 3, and was there for all.

    With labels, it does not matter what was started again since, or made anew.
    """
    history = [V0, V1, V2, V3][: release + 1]
    at = 10 * release + 1
    current = runs(history[-1], made=at, started=50 if restarted else at)
    past = [row(each, made=10 * made + 1) for made, each in enumerate(history[:-1])]
    next_one = {**row(V3, made=31), "started_at": ""}
    rows = [current, *([] if rebuilt else past[-2:]), *([next_one] if staged else [])]
    return [_with_labels(each, history, rebuilt=rebuilt) for each in rows] if labels else rows


def _with_labels(entry: Any, history: list[str], *, rebuilt: bool) -> Any:
    number = [V0, V1, V2, V3].index(entry["made_from"])
    replaces = "" if rebuilt or number == 0 else [V0, V1, V2][number - 1]
    past = entry["made_from"] != history[-1] and entry["started_at"]
    # The older it is, the later it was started.
    anew = {"started_at": f"2024-11-28T12:{58 - number}:00Z"} if past else {}
    return {**labelled(entry, released=10 * number, replaces=replaces), **anew}


@st.composite
def honest_fleets(draw: st.DrawFn, *, rebuilds: bool) -> dict[str, Any]:
    """Return hosts of which some run release 3, and the others still 2."""
    count = draw(st.integers(1, 7))
    reached = draw(st.integers(1, count))
    labels = draw(st.booleans())
    return {
        f"h{host}": honest_host(
            3 if host < reached else 2,
            rebuilt=rebuilds and draw(st.booleans()),
            restarted=draw(st.booleans()),
            staged=host >= reached and draw(st.booleans()),
            labels=labels,
        )
        for host in range(count)
    }


TIMES = st.one_of(
    st.integers(0, 59).map(lambda minute: f"2024-11-28T12:{minute:02}:00Z"),
    st.sampled_from(["2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "soon", ""]),
)
LIES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.just("id-of-a-liar"),
            "name": st.sampled_from(["shop-000000000000", "shop-000000000000-trial"]),
            "made_from": st.sampled_from([V0, V1, V2, V3, EVIL, ""]),
            "state": st.sampled_from(["running", "exited", "created", ""]),
            "created_at": TIMES,
            "started_at": TIMES,
            "released_at": TIMES,
            "replaces": st.sampled_from(["", V0, V1, V2, V3, EVIL]),
        }
    ),
    max_size=4,
)


@REPEATABLE
@given(honest_fleets(rebuilds=False))
def test_honest_hosts_alone_always_go_back_to_the_release_before(fleet: dict[str, Any]) -> None:
    assert plan(fleet).digest == V2


@REPEATABLE
@given(honest_fleets(rebuilds=True), st.data())
def test_no_minority_of_liars_takes_the_others_anywhere_else(
    fleet: dict[str, Any], data: st.DataObject
) -> None:
    lies = data.draw(st.lists(LIES, max_size=len(fleet) - 1))
    same_lie = data.draw(st.booleans())
    liars = {f"liar{n}": lies[0] if same_lie else lie for n, lie in enumerate(lies)}

    try:
        back = plan({**fleet, **liars})
    except NothingToGoBackTo:
        return

    stay = all(rows[0]["made_from"] == back.digest for rows in fleet.values())
    assert back.digest == V2 or stay
