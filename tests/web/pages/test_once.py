# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms that are sent twice, as a double click does, or at the same moment."""

from __future__ import annotations

import re
import threading

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.visiting import visiting
from webhook_bridge.domain.events import WantedEvents
from webhook_bridge.errors import Refused
from webhook_bridge.operations import redelivery
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import deliveries, events
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


def test_a_page_with_a_secret_is_kept_for_a_moment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = once.Answers()
    answers.of(("ann", "/hook", "1")).keep("secret")

    monkeypatch.setattr(once, "_PAGE_KEPT_S", -1.0)
    answers.of(("ann", "/hook", "2")).keep("other secret")
    answers.of(("ann", "/hook", "3"))

    assert answers.of(("ann", "/hook", "1")).kept() == "secret"
    assert answers.of(("ann", "/hook", "2")).kept() is None
    assert answers.of(("ann", "/hook", "2")).page is None


def _refuse() -> str:
    raise Refused("busy", "not now")
