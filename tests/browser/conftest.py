# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Chromium, and a bridge that has something to show; one of each for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.page_seed import V3, seed
from tests.support.page_server import serving_app
from tests.support.page_visits import Visit, visits
from tests.support.proxies import ADDRESS, NAME
from tests.support.tag_registry import tag_registry
from webhook_bridge.operations.users import add_user
from webhook_bridge.service.bridge import Bridge

CHROMIUM = Path("/usr/bin/chromium")


class Site:
    """Where the pages are, and which there are."""

    def __init__(self, url: str, bridge: Bridge, app: Flask) -> None:
        self.url = url
        self.app = app
        self.bridge = bridge
        self.seeded = seed(bridge)
        # Who looks here without signing in, so that a token may be theirs.
        add_user(bridge.store, "ann", role="admin", apps=(), link_for=60.0, actor="cli:me@here")

    def visits(self) -> list[Visit]:
        """Return all pages; what can be used once is made anew by each call."""
        return visits(self.bridge, self.seeded)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site") / "longshore"
    folder.mkdir()
    with (
        tag_registry(latest=V3) as registry,
        serving_app(folder, "shop", "api", "blog", "wiki", registry=registry.host) as served,
    ):
        yield Site(*served)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM.exists(), "no Chromium: run scripts/setup debian, which installs it"
    with sync_playwright() as playwright:
        named = f"--host-resolver-rules=MAP {NAME} {ADDRESS}"
        options = ["--no-sandbox", "--disable-dev-shm-usage", named]
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options)
        yield opened
        opened.close()


class Watched:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.requests.append(request.url))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"
        )

    def _console(self, message) -> None:
        # The status of the page itself, such as 404, is said here too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def _dialog(self, dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def open_page(browser: Browser):
    """Open pages in contexts of their own: `open_page(width=390, dark=True)`."""
    contexts = []

    def open_one(*, width: int = 1280, dark: bool = False, **options: object) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width < 500 else 900},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        return Watched(context.new_page())

    yield open_one
    for context in contexts:
        context.close()
