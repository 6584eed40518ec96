# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the apps over the API, and hosts that are gone for good."""

from __future__ import annotations

from dataclasses import replace

from flask.testing import FlaskClient

from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events, inventories

DOUBTED = AppInventory(
    "shop", ("h1", "h2", "h3"), 0.0, "shrank", "lost 2 of the 3 hosts", ("h1",), 60.0
)


def test_the_hosts_of_each_app_are_listed(api: FlaskClient, bridge: Bridge) -> None:
    before = api.get("/api/v1/inventory").json
    with bridge.store.write() as connection:
        inventories.save(connection, DOUBTED)
    after = api.get("/api/v1/inventory").json

    assert before is not None
    assert [one["state"] for one in before["inventory"]] == ["never read"]
    assert after == {
        "inventory": [
            {
                "app": "shop",
                "state": "shrank",
                "hosts": ["h1", "h2", "h3"],
                "read_at": "1970-01-01T00:00:00.000+00:00",
                "reason": "lost 2 of the 3 hosts",
                "lost": ["h2", "h3"],
                "new": [],
            }
        ]
    }


def test_hosts_that_are_gone_are_confirmed_once(api: FlaskClient, bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        inventories.save(connection, DOUBTED)

    first = api.post("/api/v1/apps/shop/inventory/confirm")
    second = api.post("/api/v1/apps/shop/inventory/confirm")

    assert first.json is not None
    assert (first.status_code, first.json["hosts"]) == (200, ["h1"])
    assert second.json is not None
    assert (second.status_code, second.json["error"]) == (409, "nothing_lost")
    with bridge.store.read() as connection:
        [told] = events.matching(connection, WantedEvents(kind="inventory.confirmed"), limit=9)
    assert (told.actor, told.data) == ("token:api", {"went": ["h2", "h3"]})


def test_an_app_shows_why_its_hosts_are_in_doubt(api: FlaskClient, bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        inventories.save(connection, replace(DOUBTED, state="failed", reason="throttled"))

    shown = api.get("/api/v1/apps/shop").json

    assert shown is not None
    assert shown["inventory"]["reason"] == "throttled"
