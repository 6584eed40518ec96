# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.installation import Installation
from tests.support.signing_in import HOST, Browser, bridge_to_sign_in_to, link_for
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.pages.warming import warm

THROUGH_PROXY = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with bridge_to_sign_in_to(installation) as made:
        yield made


def compiled(app: Flask) -> set[str]:
    assert app.jinja_env.cache is not None
    return {name for _, name in app.jinja_env.cache}


def test_the_pages_of_those_who_have_signed_in_are_ready_before_they_are_asked_for(
    bridge: Bridge,
) -> None:
    before = create_app(bridge)
    before.test_client_class = Browser
    browser = before.test_client()
    assert isinstance(browser, Browser)
    browser.host = HOST
    browser.environ_base |= THROUGH_PROXY
    browser.post(link_for(bridge))

    app = create_app(bridge)
    warm(app)

    assert {"page.html", "parts/fleet.html", "parts/run.html"} <= compiled(app)


def test_where_nobody_has_signed_in_no_page_is_made_ready(bridge: Bridge) -> None:
    app = create_app(bridge)

    warm(app)

    assert compiled(app) == set()


def test_a_store_that_cannot_be_read_keeps_no_bridge_from_starting(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    with bridge.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE session")

    with caplog.at_level(logging.ERROR):
        warm(create_app(bridge))

    assert "pages: " in caplog.text
