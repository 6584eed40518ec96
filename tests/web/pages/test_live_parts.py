# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is shown a part that was rendered for somebody else, and until when it is right."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.support.fleet_states import desire, healthy, save
from tests.support.visiting import visiting
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.roles import Grants
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import app_changes, deliveries, runs
from webhook_bridge.store.tables import metadata
from webhook_bridge.web import create_app
from webhook_bridge.web.current import RECEIVED_AT
from webhook_bridge.web.pages import fleet
from webhook_bridge.web.pages.live import Page, live, rights_of
from webhook_bridge.web.pages.shows import every_commit
from webhook_bridge.web.visitors import VISITOR, Visitor

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
ANN = Visitor("ann", "admin")
BOB = Visitor("bob", "admin")
CAROL = Visitor("carol", "operate", frozenset({"shop"}))


@pytest.fixture
def app(bridge: Bridge) -> Flask:
    """An application with the apps shop and blog, whose parts are never young."""
    entry = {"image": "127.0.0.1:1/acme/shop", "hosts": "web"}
    bridge.apps.file.write_text(json.dumps({"apps": {"shop": entry, "blog": entry}}))
    for name in ("shop", "blog"):
        desire(bridge, V1, tag="1.4.1", state="good", app=name)
        save(bridge, healthy(f"{name}-host", V1, app=name))
    return create_app(bridge)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    client = visiting(app)
    client.get("/")
    set_young(app, 0.0)
    return client


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The renderings of the first page: an entry each."""
    seen: list[str] = []
    whole = fleet.fleet_overview

    def counted(*arguments, **named):
        seen.append("/")
        return whole(*arguments, **named)

    monkeypatch.setattr(fleet, "fleet_overview", counted)
    return seen


def set_young(app: Flask, seconds: float) -> None:
    app.extensions["longshore.live"].young_s = seconds


def look(browser: FlaskClient, path: str, who: Visitor = ANN, version: str = "old") -> str:
    return ask(browser, path, who, version)[1]


def ask(
    browser: FlaskClient, path: str, who: Visitor = ANN, version: str = "old"
) -> tuple[str, str]:
    """Return the version and the text that somebody gets who follows a page."""
    browser.application.extensions[VISITOR] = lambda: who
    answer = browser.get(path, headers={"Longshore-Version": version})
    return answer.headers.get("Longshore-Version", str(answer.status_code)), answer.text


def whole(browser: FlaskClient, path: str, who: Visitor) -> str:
    browser.application.extensions[VISITOR] = lambda: who
    return browser.get(path).text


def deliver(bridge: Bridge) -> None:
    with bridge.store.write() as connection:
        identifier = deliveries.add(
            connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        )
        deliveries.decide(connection, identifier, code="no_app", detail="", now=2.0)


def start_run(bridge: Bridge, app: str) -> str:
    release = desire(bridge, V2, tag="1.4.2", app=app)
    with bridge.store.write() as connection:
        new = NewRun(app, release.id, release.generation, 1, "deploy")
        return runs.start(connection, new, now=5.0).id


@pytest.mark.parametrize("path", ["/", "/?host=shop", "/apps/shop", "/runs/{run}"])
def test_every_table_that_a_page_of_apps_reads_is_counted(
    browser: FlaskClient, bridge: Bridge, path: str
) -> None:
    path = path.format(run=start_run(bridge, "shop"))
    read: list[str] = []
    event.listen(bridge.store._readers, "before_cursor_execute", lambda *told: read.append(told[2]))

    assert whole(browser, path, ANN)

    tables = set(re.findall(r"(?:FROM|JOIN|,) (\w+)", " ".join(read))) & set(metadata.tables)
    assert {"app", "host_state", "run"} & tables
    # Of deliveries only one that goes is news: it is there before its release is.
    assert tables <= {*app_changes._APPS, "app_change", "delivery"}


def test_those_who_may_do_the_same_share_one_rendering(
    browser: FlaskClient, rendered: list[str]
) -> None:
    texts = {look(browser, "/", who) for who in (ANN, BOB, ANN)}
    pages = [whole(browser, "/", who) for who in (ANN, BOB)]

    assert len(rendered) <= 1
    assert len(texts) == 1
    assert [">ann</a>" in pages[0], ">bob</a>" in pages[1]] == [True, True]


@pytest.mark.parametrize("get", [look, whole])
def test_a_part_of_somebody_who_may_more_is_shown_to_nobody_who_may_less(
    browser: FlaskClient, get: Callable[[FlaskClient, str, Visitor], str]
) -> None:
    reader = Visitor("rae", "read")

    assert "blog-host" in get(browser, "/", ANN)
    assert "blog" not in get(browser, "/", CAROL)
    assert "/apps/shop/deploy" in get(browser, "/apps/shop", CAROL)
    assert "/apps/shop/deploy" not in get(browser, "/apps/shop", reader)
    assert "/apps/shop/deploy" in get(browser, "/apps/shop", ANN)


def test_a_right_that_was_taken_away_is_gone_at_the_next_look(browser: FlaskClient) -> None:
    set_young(browser.application, 60.0)
    both = Visitor("carol", "operate", frozenset({"shop", "blog"}))
    fleet_before, _ = ask(browser, "/", both)
    app_before, _ = ask(browser, "/apps/blog", both)
    shop_before, _ = ask(browser, "/apps/shop", CAROL)

    assert "blog" not in look(browser, "/", CAROL, fleet_before)
    assert ask(browser, "/apps/blog", CAROL, app_before)[0] == "403"
    reader = Visitor("carol", "read", frozenset({"shop"}))
    assert "/apps/shop/deploy" not in look(browser, "/apps/shop", reader, shop_before)


def test_rights_are_the_same_word_only_where_they_are_the_same() -> None:
    words = [
        rights_of(who)
        for who in (
            ANN,
            CAROL,
            Visitor("x", "operate"),
            Visitor("x", "operate", frozenset({"shop", "blog"})),
            Visitor("x", "operate", grants=Grants({"*": "read", "shop": "operate"})),
            Visitor("x", "operate", grants=Grants({"*": "operate", "shop": "read"})),
        )
    ]

    assert len(set(words)) == len(words)
    assert (
        rights_of(ANN)
        == rights_of(BOB)
        == rights_of(Visitor("x", "admin", grants=Grants({"*": "admin"})))
    )


@pytest.mark.parametrize("path", ["/", "/apps/shop", "/runs/{run}"])
def test_deliveries_do_not_change_the_version_of_what_shows_none(
    browser: FlaskClient, bridge: Bridge, rendered: list[str], path: str
) -> None:
    path = path.format(run=start_run(bridge, "shop"))
    finish(bridge)
    before, _ = ask(browser, path)
    rendered.clear()

    deliver(bridge)

    assert ask(browser, path, version=before) == (before, "")
    assert whole(browser, path, ANN)
    assert rendered == []


@pytest.mark.parametrize("path", ["/deliveries", "/hook/hub"])
def test_deliveries_change_what_shows_them(browser: FlaskClient, bridge: Bridge, path: str) -> None:
    before, _ = ask(browser, path)

    deliver(bridge)

    assert ask(browser, path, version=before)[1]


@pytest.mark.parametrize("path", ["/apps/shop", "/runs/{run}"])
def test_another_app_does_not_change_the_version_of_a_page_of_one(
    browser: FlaskClient, bridge: Bridge, path: str
) -> None:
    path = path.format(run=start_run(bridge, "shop"))
    finish(bridge)
    before, _ = ask(browser, path)

    save(bridge, healthy("another", V1, app="blog"))

    assert ask(browser, path, version=before) == (before, "")


@pytest.mark.parametrize("path", ["/", "/apps/shop"])
def test_a_change_of_an_app_is_seen_at_the_next_look(
    browser: FlaskClient, bridge: Bridge, path: str
) -> None:
    before, _ = ask(browser, path)

    save(bridge, healthy("another-host", V2))

    after, text = ask(browser, path, version=before)
    assert "another-host" in text
    assert ask(browser, path, version=after) == (after, "")


def test_a_page_that_is_loaded_shows_what_was_committed_a_moment_ago(
    browser: FlaskClient, bridge: Bridge
) -> None:
    set_young(browser.application, 60.0)
    for path in ("/", "/deliveries"):
        assert whole(browser, path, ANN)

    save(bridge, healthy("another-host", V2))
    deliver(bridge)

    assert "another-host" in whole(browser, "/", ANN)
    assert "no_app" in whole(browser, "/deliveries", ANN)


def test_a_page_that_was_asked_for_before_a_rendering_began_is_given_it(
    browser: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(browser.environ_base, RECEIVED_AT, time.monotonic())
    first = whole(browser, "/deliveries", ANN)
    deliver(bridge)

    assert whole(browser, "/deliveries", ANN) == first
    monkeypatch.setitem(browser.environ_base, RECEIVED_AT, time.monotonic())
    assert "no_app" in whole(browser, "/deliveries", ANN)


def test_a_part_is_followed_once_a_second_and_one_that_is_behind_is_asked_for_soon(
    browser: FlaskClient, bridge: Bridge, rendered: list[str]
) -> None:
    before, _ = ask(browser, "/")
    rendered.clear()
    set_young(browser.application, 60.0)
    save(bridge, healthy("another-host", V2))

    for known in ("old", before):
        behind = browser.get("/", headers={"Longshore-Version": known})
        assert (rendered, behind.headers["Longshore-Version"]) == ([], before)
        assert behind.headers["Longshore-Next"] == "2"
    set_young(browser.application, 0.0)
    assert "another-host" in look(browser, "/", version=before)


def test_a_run_that_goes_on_is_shown_as_long_as_it_took_so_far(
    browser: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/runs/{start_run(bridge, 'shop')}"
    monkeypatch.setattr("webhook_bridge.web.pages.shows.time.time", lambda: 1000.0)
    before, _ = ask(browser, path)
    monkeypatch.setattr("webhook_bridge.web.pages.shows.time.time", lambda: 1005.0)

    assert ask(browser, path, version=before)[0] != before


def test_apps_that_are_declared_anew_are_seen_at_the_next_look(
    browser: FlaskClient, bridge: Bridge
) -> None:
    before, _ = ask(browser, "/")

    bridge.apps.file.write_text('{"apps": {}}')

    assert "No app yet." in look(browser, "/", version=before)


def test_an_address_is_shown_to_those_alone_who_came_by_it(browser: FlaskClient) -> None:
    set_young(browser.application, 60.0)
    shown = [
        browser.get(
            "/hook/hub", base_url=f"http://{host}", headers={"Longshore-Version": "old"}
        ).text
        for host in ("localhost", "127.0.0.1:8080")
    ]

    assert ["http://localhost/hooks/" in one for one in shown] == [True, False]
    assert "http://127.0.0.1:8080/hooks/" in shown[1]


@pytest.mark.parametrize(
    "path", ["/", "/apps/shop", "/runs/{run}", "/deliveries", "/hooks", "/hook/hub", "/events"]
)
def test_a_part_that_others_see_too_says_nothing_of_who_looked_first(
    browser: FlaskClient, bridge: Bridge, path: str
) -> None:
    path = path.format(run=start_run(bridge, "shop"))
    first = look(browser, path, Visitor("first-visitor", "admin"))

    assert look(browser, path, Visitor("second-visitor", "admin")) == first
    assert "first-visitor" not in first


def test_what_is_of_one_visitor_is_rendered_for_each(browser: FlaskClient) -> None:
    set_young(browser.application, 60.0)
    users = [look(browser, "/tokens", Visitor(name, "admin")) for name in ("ann", "bob")]

    assert len(browser.application.extensions["longshore.live"].parts._parts) >= len(users)
    keys = browser.application.extensions["longshore.live"].parts._parts
    assert {key[3] for key in keys if key[1].startswith("/tokens")} == {"ann", "bob"}


def test_a_form_in_a_part_is_an_error(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    form = {"roles": ["read"], "apps": [], "expiries": [], "is_for_some": False}
    app.add_url_rule(
        "/wrong", view_func=live(every_commit)(lambda: Page("new_token.html", "Wrong", form))
    )

    answer = visiting(app).get("/wrong")

    assert answer.status_code == 500
    assert "a form stands behind the part" in caplog.text
    assert 'name="csrf"' not in answer.text


def finish(bridge: Bridge) -> None:
    """End all runs."""
    with bridge.store.write() as connection:
        for identifier in [one.id for one in runs.latest(connection, app=None, limit=9)]:
            runs.finish(connection, identifier, state="succeeded", reason="", now=9.0)
