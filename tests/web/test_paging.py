# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages: nothing is left out, and nothing comes twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, events, rejected, releases, runs

V1 = f"sha256:{'1' * 64}"
LISTS = {
    "/runs": "runs",
    "/deliveries": "deliveries",
    "/rejected": "rejected",
    "/events": "events",
    "/apps/shop/releases": "releases",
}


def fill(bridge: Bridge, count: int) -> None:
    with bridge.store.write() as connection:
        for number in range(count):
            new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", float(number))
            deliveries.add(connection, new)
            refused = NewRejected(
                "hub", 401, "unauthorized", "no", "::1", {}, 0, b"", float(number)
            )
            rejected.add_all(connection, [refused])
            wanted = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
            release = releases.desire(connection, wanted, now=float(number))
            runs.start(connection, NewRun("shop", release.id, number, 1, "deploy"), now=2.0)
            events.record(connection, NewEvent("run.ended", "bridge", float(number), "shop"))


def ids(entries: list[dict[str, Any]]) -> list[Any]:
    return [one.get("id", one.get("seq")) for one in entries]


@pytest.mark.parametrize(("url", "key"), LISTS.items())
def test_the_pages_of_a_list_are_the_list(
    api: FlaskClient, bridge: Bridge, url: str, key: str
) -> None:
    fill(bridge, 5)
    whole = ids(api.get(f"/api/v1{url}").json[key])
    found, next_page, pages = [], f"/api/v1{url}?limit=2", 0
    while next_page:
        answer = api.get(next_page)
        found += ids(answer.json[key])
        cursor = answer.json["next"]
        next_page = f"/api/v1{url}?limit=2&after={cursor}" if cursor else ""
        link = f'<{next_page}>; rel="next"' if cursor else None
        assert answer.headers.get("Link") == link
        pages += 1
        fill(bridge, 1)  # what comes meanwhile stands before all of it

    assert (found, pages) == (whole, 3)


def test_events_after_a_seq_come_in_pages_too(api: FlaskClient, bridge: Bridge) -> None:
    fill(bridge, 5)
    first = api.get("/api/v1/events?after=0&limit=3").json
    second = api.get(f"/api/v1/events?limit=3&after={first['next']}").json

    assert [one["seq"] for one in first["events"] + second["events"]] == [1, 2, 3, 4, 5]
    assert (first["next"], second["next"]) == ("3", None)


def test_the_next_page_is_asked_with_the_same_filters(api: FlaskClient, bridge: Bridge) -> None:
    fill(bridge, 3)

    link = api.get("/api/v1/runs?app=shop&limit=1").headers["Link"]

    assert "app=shop" in link
    assert api.get(link.split(">")[0][1:]).json["runs"][0]["app"] == "shop"


@pytest.mark.parametrize(
    "cursor", ["", "r", "rxyz", "d1", "1", "r" + "1" * 13, "R1", "r-1", "r 1", "r\u0663"]
)
def test_a_cursor_that_is_none_of_this_list_is_refused(api: FlaskClient, cursor: str) -> None:
    answer = api.get("/api/v1/runs", query_string={"after": cursor})

    assert answer.status_code == 400
    assert answer.json["message"].startswith("query: after: '")
