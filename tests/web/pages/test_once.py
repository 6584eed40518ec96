# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms that are sent twice, as a double click does, or at the same moment."""

from __future__ import annotations

import re
import threading
import zlib

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.visiting import visiting
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.errors import Refused
from webhook_bridge.operations import redelivery
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, events, users
from webhook_bridge.store.kept_answers import Keyed
from webhook_bridge.web import create_app
from webhook_bridge.web.pages import once


@pytest.fixture
def redeliver(bridge: Bridge, run_id: str) -> str:
    """The address that takes a delivery in again."""
    with bridge.store.read() as connection:
        [delivery] = deliveries.latest(connection, limit=1)
    return f"/deliveries/{delivery.id}/redeliver"


def form_of(page: FlaskClient, address: str) -> dict[str, str]:
    [token] = re.findall('name="once" value="([^"]+)"', page.get(address).text)
    return {"once": token}


def stored(bridge: Bridge) -> int:
    with bridge.store.read() as connection:
        return len(deliveries.latest(connection, limit=50))


def test_a_delivery_is_taken_in_once_however_often_its_form_is_sent(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form = form_of(page, redeliver)

    first, second = (page.post(redeliver, data=form) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert stored(bridge) == 2


def test_another_form_of_the_same_page_is_another_wish(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    for _ in range(2):
        page.post(redeliver, data=form_of(page, redeliver))

    assert stored(bridge) == 3


def test_two_that_are_sent_at_once_are_done_once(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form, begin = form_of(page, redeliver), threading.Barrier(2)
    answers: list[TestResponse] = []

    def send() -> None:
        browser = visiting(page.application)
        begin.wait(10)
        answers.append(browser.post(redeliver, data=form))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert {one.status_code for one in answers} == {303}
    assert len({one.location for one in answers}) == 1
    assert stored(bridge) == 2


def test_what_somebody_else_sends_is_done_for_itself(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form = form_of(page, redeliver)
    page.post(redeliver, data=form)

    visiting(page.application, name="eve").post(redeliver, data=form)

    assert stored(bridge) == 3


def test_what_was_refused_is_tried_again(
    page: FlaskClient, bridge: Bridge, redeliver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = form_of(page, redeliver)
    with monkeypatch.context() as patched:
        patched.setattr(redelivery, "redeliver", lambda *_, **__: _refuse())
        refused = page.post(redeliver, data=form)
    again = page.post(redeliver, data=form)

    assert (refused.status_code, again.status_code) == (409, 303)


def test_a_secret_is_made_once_and_both_answers_show_it(page: FlaskClient, bridge: Bridge) -> None:
    form = form_of(page, "/hook/mine/rotate")

    first, second = (page.post("/hook/mine/rotate", data=form) for _ in range(2))

    shown = re.findall('id="secret"[^>]*>([^<]+)<', first.text)
    assert shown
    assert shown == re.findall('id="secret"[^>]*>([^<]+)<', second.text)
    with bridge.store.read() as connection:
        found = events.matching(connection, WantedEvents(kind="hook.rotated"), limit=10)
    assert len(found) == 1


def test_a_form_that_was_done_before_a_restart_is_not_done_again(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form = form_of(page, redeliver)
    first = page.post(redeliver, data=form)

    again = visiting(create_app(bridge)).post(redeliver, data=form)

    assert (again.status_code, again.location) == (303, first.location)
    assert stored(bridge) == 2


def test_a_form_that_the_bridge_was_cut_off_in_is_not_done_a_second_time(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form = form_of(page, redeliver)
    page.post(redeliver, data=form)
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE kept_answer SET status = NULL, body = NULL")

    again = visiting(create_app(bridge)).post(redeliver, data=form)

    assert again.status_code == 409
    assert "look at the events" in again.text
    assert stored(bridge) == 2


def test_a_form_that_is_filled_in_differently_is_another_one(
    page: FlaskClient, bridge: Bridge
) -> None:
    form = form_of(page, "/users") | {"role": "read"}

    for name in ("bob", "eve", "bob"):
        assert page.post("/users", data=form | {"name": name}).status_code == 200

    with bridge.store.read() as connection:
        assert [one.name for one in users.all_of_them(connection)] == ["bob", "eve"]


def test_a_new_proof_of_the_same_form_is_no_other_form(
    page: FlaskClient, bridge: Bridge, redeliver: str
) -> None:
    form = form_of(page, redeliver)

    for proof in ("of this session", "of the next"):
        page.post(redeliver, data=form | {"csrf": proof})

    assert stored(bridge) == 2


@pytest.mark.parametrize("token", ["a b", "x" * 101, "\u00e4", "a\nb"])
def test_a_form_with_a_field_that_no_page_of_ours_has_is_refused(
    page: FlaskClient, bridge: Bridge, redeliver: str, token: str
) -> None:
    refused = page.post(redeliver, data={"once": token})

    assert refused.status_code == 400
    assert "form: once: " in refused.text
    assert stored(bridge) == 1


def test_a_secret_is_not_stored_and_not_made_again_after_a_restart(
    page: FlaskClient, bridge: Bridge
) -> None:
    form = form_of(page, "/hook/mine/rotate")
    page.post("/hook/mine/rotate", data=form)

    again = visiting(create_app(bridge)).post("/hook/mine/rotate", data=form)

    assert again.status_code == 409
    assert "the secret on the page that followed is not kept" in again.text
    with bridge.store.read() as connection:
        found = events.matching(connection, WantedEvents(kind="hook.rotated"), limit=10)
        [(status, body)] = connection.exec_driver_sql("SELECT status, body FROM kept_answer")
    assert len(found) == 1
    assert (status, zlib.decompress(body)) == (200, b"")


def test_a_page_with_a_secret_is_kept_for_a_moment_alone() -> None:
    pages, (first, second) = once.ShownPages(), (Keyed("user:ann", key, "") for key in "12")
    pages.keep(first, "secret")
    pages.keep(second, "other secret")
    assert (pages.of(first), pages.of(second)) == ("secret", "other secret")

    pages.KEPT_S = -1.0
    pages.keep(first, "secret")

    assert pages.of(first) is None


def test_of_pages_with_secrets_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once.ShownPages, "MOST", 2)
    pages, keys = once.ShownPages(), [Keyed("user:ann", key, "") for key in "123"]

    for key in keys:
        pages.keep(key, key.key)

    assert [pages.of(key) for key in keys] == [None, "2", "3"]


def _refuse() -> str:
    raise Refused("busy", "not now")
