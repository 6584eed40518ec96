# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that the database counts are shown as they would be, were each of them read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import Release
from webhook_bridge.operations.host_groups import MOST_CELLS, Hosts, hosts_alike, shown
from webhook_bridge.operations.host_signs import RANK, host_sign
from webhook_bridge.operations.versions import Versions
from webhook_bridge.store import Store, fleet, host_states
from webhook_bridge.store.tables import host_state

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
RELEASE = Release(
    "shop", "r/shop", "1", V1, "deploy", "me", None, id="r1", generation=1, created_at=1.0,
    state="good",
)  # fmt: skip
VERSIONS = Versions({V1: "1", V2: "2"})


def maybe(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


STATES = st.builds(
    HostState,
    app=st.just("shop"),
    host=st.just(""),
    reached=st.booleans(),
    seen_at=st.sampled_from([None, 1.0, 2.0]),
    reason=st.sampled_from(["", "no route to host"]),
    digest=maybe("", V1, V2),
    container=maybe("a", "b"),
    container_id=maybe("1", "2"),
    daemon=maybe("x", "y"),
    health=maybe("healthy", "unhealthy", "paused"),
    deployed_container=maybe("a"),
    deployed_container_id=maybe("1"),
    deployed_daemon=maybe("x"),
    rejected_digest=maybe(V1),
    extra_container=maybe("c"),
    other_options=st.sampled_from([(), ("env",), ("env", "image")]),
    failed=st.booleans(),
)


@st.composite
def many_hosts(draw: st.DrawFn) -> list[HostState]:
    """Up to 24 hosts in up to four states, in no order."""
    kinds = draw(st.lists(STATES, min_size=1, max_size=4))
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=24))
    return [replace(one, host=f"h{number:02}") for number, one in enumerate(chosen)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=many_hosts(), each=st.sampled_from([0, 3, 10]))
def test_hosts_that_are_counted_are_shown_as_if_each_were_read(
    store: Store, states: list[HostState], each: int
) -> None:
    with store.write() as connection:
        connection.execute(delete(host_state))
        host_states.save(connection, states)
        groups = fleet.alike(connection, ["shop"], first=max(each, MOST_CELLS)).get("shop", [])

    counted = hosts_alike(groups, release=RELEASE, versions=VERSIONS)

    signs = [host_sign(one, digest=V1, versions=VERSIONS) for one in states]
    ordered = sorted(signs, key=lambda one: (RANK[one.sign], one.host))
    whole = Hosts(Counter((one.sign, one.version, one.words) for one in signs), ordered)
    assert counted.counts == whole.counts
    cells, left = shown(counted, each=each)
    assert (list(cells), Counter(left)) == (
        list(shown(whole, each=each)[0]),
        Counter(shown(whole, each=each)[1]),
    )


def test_of_many_hosts_alike_the_first_ones_are_read(store: Store) -> None:
    with store.write() as connection:
        same = [HostState("shop", f"h{n:03}", reached=True, digest=V1) for n in range(300)]
        host_states.save(connection, [*same, HostState("shop", "h999", reached=True, digest=V2)])
        found = fleet.alike(connection, ["shop"], first=3)["shop"]

    assert sorted((one.count, [state.host for state in one.states]) for one in found) == [
        (1, ["h999"]),
        (300, ["h000", "h001", "h002"]),
    ]
