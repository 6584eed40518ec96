# SPDX-License-Identifier: GPL-3.0-or-later
"""What pages ask of whoever looks at them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from markupsafe import Markup

from tests.support.installation import Installation
from tests.support.signing_in import HOST, Browser, bridge_to_sign_in_to, link_for
from webhook_bridge.domain.roles import ROLES
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.current import current_actor
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.visitors import Visitor, csrf_field, current_visitor

THROUGH_PROXY = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with bridge_to_sign_in_to(installation) as made:
        yield made


@pytest.fixture
def app(bridge: Bridge) -> Flask:
    made = create_app(bridge)

    @made.route("/page", methods=["GET", "POST"])
    @takes_anything
    def page() -> Response:
        who = current_visitor()
        field = csrf_field()
        assert isinstance(field, Markup)
        return Response(f"{'nobody' if who is None else current_actor()} {field}")

    return made


@pytest.fixture
def browser(app: Flask) -> Browser:
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    client.host = HOST
    client.environ_base |= THROUGH_PROXY
    return client


def test_a_page_knows_who_looks_and_its_forms_prove_themselves(
    bridge: Bridge, browser: Browser
) -> None:
    before = browser.get("/page").text
    browser.post(link_for(bridge))

    after = browser.get("/page").text

    assert before == "nobody "
    assert after.startswith('user:alice <input type="hidden" name="csrf" value="')
    assert browser.post("/page").status_code == 403
    token = after.split('value="')[1].split('"')[0]
    assert browser.post("/page", data={"csrf": token}).text == after


def test_a_visitor_for_some_apps_may_nothing_without_one() -> None:
    of_shop = Visitor("bob", "operate", frozenset({"shop"}))

    assert [of_shop.may(role, "shop") for role in ROLES] == [True, True, False]
    assert not any(of_shop.may(role, "blog") or of_shop.may(role) for role in ROLES)
    assert [Visitor("ada", "operate").may(role, "blog") for role in ROLES] == [True, True, False]
    assert Visitor("ada", "read").may("read")
