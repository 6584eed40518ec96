# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody with a role for one app sees of the others: nothing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.fleet_states import desire, healthy, save
from tests.support.visiting import visiting
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.errors import Refused
from webhook_bridge.operations.rollback import rollback
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events, host_states, inventories, releases, runs
from webhook_bridge.web import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@pytest.fixture
def carol(bridge: Bridge) -> FlaskClient:
    """The browser of somebody who may operate the app shop alone."""
    return visiting(create_app(bridge), name="carol", role="operate", apps=frozenset({"shop"}))


@pytest.fixture
def hidden_run(bridge: Bridge) -> str:
    """A run of an app that left the apps file and that runs on a host."""
    with bridge.store.write() as connection:
        new = NewRelease("hush", "r/acme/hush", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("hush", release.id, 1, 1, "deploy"), now=2.0)
        host_states.save(connection, [HostState("hush", "db1", reached=True, digest=V1)])
        events.record(connection, NewEvent("hold.set", "user:bob", 3.0, "hush"))
    return run.id


def test_an_app_that_left_the_file_is_shown_to_those_alone_who_may_see_it(
    carol: FlaskClient, page: FlaskClient, hidden_run: str
) -> None:
    assert hidden_run
    assert "hush" in page.get("/").text
    assert "hush" not in carol.get("/").text


@pytest.mark.parametrize("path", ["", "/log", "/log.txt", "/cancel"])
def test_a_run_of_another_app_is_as_one_that_there_is_not(
    carol: FlaskClient, hidden_run: str, path: str
) -> None:
    hidden = carol.get(f"/runs/{hidden_run}{path}")
    unknown = carol.get(f"/runs/ffffffff{path}")

    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert "hush" not in hidden.text


def test_an_app_that_there_is_not_is_named_beside_those_that_one_may_see(
    bridge: Bridge, page: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = frozenset({"shop", "ghost"})
    dan = visiting(create_app(bridge), name="dan", role="operate", apps=both)
    shop = bridge.apps.current()["shop"]
    monkeypatch.setattr(bridge.apps, "current", lambda: dict.fromkeys(("shop", "hush"), shop))

    shown = dan.get("/apps/ghost"), dan.get("/apps/ghost/deploy")
    hidden = dan.get("/apps/hush"), dan.get("/apps/nosuch")

    said = "no app &#39;ghost&#39; is declared in the apps file; declared: shop"
    assert [(one.status_code, said in one.text) for one in shown] == [(404, True)] * 2
    assert not any("hush" in one.text for one in shown)
    assert [one.status_code for one in hidden] == [403, 403]
    assert hidden[0].text.replace("hush", "X") == hidden[1].text.replace("nosuch", "X")
    assert "declared: hush, shop" in page.get("/apps/ghost").text


def test_events_are_those_of_the_app(
    carol: FlaskClient, page: FlaskClient, bridge: Bridge, hidden_run: str
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    with bridge.store.write() as connection:
        events.record(connection, NewEvent("hold.set", "user:ann", 4.0, "shop"))

    listed, exported = carol.get("/events").text, carol.get("/events.jsonl").text

    assert "user:bob" in page.get("/events").text
    assert "user:ann" in listed
    assert "user:ann" in exported
    assert "user:bob" not in listed + exported
    assert hidden_run not in listed + exported


def test_the_menu_has_no_entry_that_answers_403(carol: FlaskClient) -> None:
    text = carol.get("/").text

    for path in ("/deliveries", "/hooks", "/explain"):
        assert f'href="{path}"' not in text
        assert carol.get(path).status_code == 403
    assert 'href="/events"' in text


def test_hosts_in_doubt_are_said_on_the_page_of_their_app(
    page: FlaskClient, bridge: Bridge
) -> None:
    desire(bridge, V2, tag="1.4.2", state="good")
    save(bridge, healthy("h1", V2))
    with bridge.store.write() as connection:
        lost = AppInventory("shop", ("h1", "h2", "h3"), 1.0, "shrank", "lost 2 of 3", ("h1",), 2.0)
        inventories.save(connection, lost)

    text = page.get("/apps/shop").text

    assert "Its hosts are in doubt.</strong> lost 2 of 3." in text
    assert "longshore inventory confirm shop" in text


def test_a_hook_has_the_address_that_the_settings_say(page: FlaskClient, bridge: Bridge) -> None:
    server = bridge.settings.server.model_copy(update={"url": "https://longshore.example.com"})
    bridge.settings = bridge.settings.model_copy(update={"server": server})

    assert "https://longshore.example.com/hooks/hub/SECRET" in page.get("/hook/hub").text


def test_of_two_forms_of_one_page_one_deploys(bridge: Bridge, page: FlaskClient) -> None:
    assert page.get("/").status_code == 200
    first = desire(bridge, V1, tag="1", state="good")
    desire(bridge, V2, tag="2", state="good")

    with pytest.raises(Refused, match="sent already; nothing was changed"):
        rollback(
            bridge.store,
            bridge.apps.current(),
            name="shop",
            actor="user:ann",
            expected_generation=1,
        )
    back = rollback(
        bridge.store, bridge.apps.current(), name="shop", actor="user:ann", expected_generation=2
    )
    assert (first is not None, back.digest) == (True, V1)
