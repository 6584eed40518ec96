# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment would do, through the API."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.support.kept_releases import good, hold
from tests.support.tag_registry import TagRegistry
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import host_states

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
PLAN = "/api/v1/apps/shop/plan"


def seen(bridge: Bridge, **digests: str) -> None:
    with bridge.store.write() as connection:
        states = [
            HostState("shop", h, reached=True, seen_at=1.0, digest=d) for h, d in digests.items()
        ]
        host_states.save(connection, states)


def test_a_plan_tells_each_host_that_was_seen(api: FlaskClient, bridge: Bridge) -> None:
    good(bridge, V1)
    seen(bridge, h1=V1, h2=V2)

    plan = api.get(PLAN).json

    assert {one["host"]: one["change"] for one in plan["hosts"]} == {
        "h1": "unchanged",
        "h2": "image",
    }
    assert (plan["changes"], plan["canary"], plan["problem"]) == (1, ["h1"], None)
    assert plan["inventory"] == {"read_at": None, "is_known": False}


def test_a_plan_for_a_tag_asks_the_registry_and_one_for_a_digest_does_not(
    api: FlaskClient, bridge: Bridge, registry: TagRegistry
) -> None:
    good(bridge, V1)

    by_digest = api.get(f"{PLAN}?digest={V1[7:15]}").json
    same = api.get(f"{PLAN}?same=true").json
    before = registry.asked
    by_tag = api.get(f"{PLAN}?tag=2.0").json

    assert (by_digest["digest"], same["digest"], by_tag["digest"]) == (V1, V1, V2)
    assert before == 0
    assert registry.asked > 0


def test_a_plan_says_why_nothing_would_be_done(api: FlaskClient, bridge: Bridge) -> None:
    hold(bridge, V1)
    codes = [api.get(f"{PLAN}{query}").json["problem"]["code"] for query in ("", "?same=true")]

    assert codes == ["held", "never_deployed"]


def test_a_plan_of_what_is_not_there_is_an_error(api: FlaskClient) -> None:
    assert api.get("/api/v1/apps/nope/plan").status_code == 404
    assert api.get(f"{PLAN}?digest=feed").status_code == 404
    assert api.get(f"{PLAN}?tag=1&same=true").status_code == 400
    assert api.get(f"{PLAN}?colour=red").status_code == 400
