# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page that there is, and how somebody comes to see it: by an address, or by a button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

from tests.support.page_seed import V1, V2, Seed
from webhook_bridge.operations.users import add_user
from webhook_bridge.service.bridge import Bridge

NO_PAGE = {
    "account.end_one": "leads back to the account",
    "actions.do_deploy": "leads to the app",
    "actions.do_reconcile": "leads to the app",
    "actions.do_rollback": "leads to the app",
    "api_pages.download": "a file",
    "deliveries.do_redeliver": "leads to the delivery",
    "deliveries.do_redeliver_all": "leads to the deliveries",
    "delivery_status.show_status": "for programs",
    "event_pages.export_events": "a file",
    "health.healthz": "for programs",
    "health.readyz": "for programs",
    "holds.do_hold": "leads to the app",
    "holds.do_unhold": "leads to the app",
    "hooks.receive": "for programs",
    "hooks.receive_with_secret": "for programs",
    "run.download_log": "a file",
    "run.show_log_part": "lines for the page that shows the log",
    "static_files.static_file": "files",
    "token_pages.revoke": "leads to the tokens",
    "user_pages.disable": "leads to the user",
    "user_pages.enable": "leads to the user",
    "user_pages.remove": "leads to the users",
    "user_pages.set_role": "leads to the user",
}
"""What answers with something else than a page of ours, by endpoint."""
_numbers = count(1)
_LONG_AGO = -60.0


@dataclass(frozen=True)
class Visit:
    """One page: its address, or the form on the page `start` whose `button` leads to it.

    `who` looks: "admin", "reader", "stranger", or "session" for one browser that signs in and out.
    """

    name: str
    path: str
    start: str = ""
    button: str = ""
    fills: Mapping[str, str] = field(default_factory=dict)
    who: str = "admin"
    status: tuple[int, ...] = (200,)

    @property
    def method(self) -> str:
        return "POST" if self.button else "GET"

    def come(self, page: Page, url: str) -> None:
        """Bring a browser there; raise AssertionError where another answer comes."""
        answer = page.goto(url + (self.start or self.path), wait_until="load")
        if self.button:
            for label, text in self.fills.items():
                page.get_by_label(label, exact=True).first.fill(text)
            pressed = page.get_by_role("button", name=self.button, exact=True)
            with page.expect_navigation(wait_until="load") as navigation:
                pressed.click()
            answer = navigation.value
        assert answer is not None
        assert answer.status in self.status, (self.name, answer.status)


def visits(bridge: Bridge, seeded: Seed) -> list[Visit]:
    """Return all pages, in an order in which each can be reached; some come into being by that."""
    return [
        *_shown(seeded),
        *_asked(seeded),
        *_done(seeded),
        *_signing_in(bridge),
        *_errors(seeded),
    ]


def _shown(seeded: Seed) -> Iterator[Visit]:
    yield Visit("fleet", "/")
    yield Visit("app", "/apps/shop")
    yield Visit("active-app", "/apps/api")
    yield Visit("run", f"/runs/{seeded.failed_run}")
    yield Visit("active-run", f"/runs/{seeded.active_run}")
    yield Visit("log", f"/runs/{seeded.failed_run}/log?q=web-11")
    yield Visit("deliveries", "/deliveries")
    yield Visit("delivery", f"/deliveries/{seeded.delivery}")
    yield Visit("refused", f"/refused/{seeded.refused}")
    yield Visit("explain", "/explain")
    yield Visit("hooks", "/hooks")
    yield Visit("hook", "/hook/hub")
    yield Visit("silent-hook", "/hook/mine")
    yield Visit("events", "/events")
    yield Visit("api", "/api-docs")
    yield Visit("users", "/users")
    yield Visit("user", "/users/bob")
    yield Visit("tokens", "/tokens")


def _asked(seeded: Seed) -> Iterator[Visit]:
    yield Visit("ask-tag", "/apps/shop/deploy")
    yield Visit("ask-deploy", f"/apps/shop/deploy?digest={V2}")
    yield Visit("ask-rollback", "/apps/shop/rollback")
    yield Visit("ask-reconcile", "/apps/blog/reconcile")
    yield Visit("no-reconcile", "/apps/shop/reconcile")
    yield Visit("ask-hold", f"/apps/shop/hold?digest={V1}")
    yield Visit("ask-unhold", f"/apps/shop/unhold?digest={V1}")
    yield Visit("ask-cancel", f"/runs/{seeded.active_run}/cancel")
    yield Visit("ask-redeliver", f"/deliveries/{seeded.delivery}/redeliver")
    yield Visit("ask-redeliver-all", "/redeliver?verdict=tag_not_tracked")
    yield Visit("ask-rotate", "/hook/mine/rotate")
    yield Visit("ask-revoke", "/tokens/ci/revoke")
    for action in ("link", "disable", "enable", "remove"):
        yield Visit(f"ask-{action}", f"/users/bob/{action}")


def _done(seeded: Seed) -> Iterator[Visit]:
    number = next(_numbers)
    tag = {"Tag": "latest"}
    plan = {"start": "/apps/shop/deploy", "button": "See what would happen"}
    yield Visit("plan", "/apps/shop/deploy/plan", fills=tag, **plan)
    asked = {"Repository": "acme/shop", "Tag": "latest"}
    yield Visit("explained", "/explain", start="/explain", button="Explain", fills=asked)
    delivery = f"/deliveries/{seeded.delivery}"
    yield Visit("dry-run", f"{delivery}/dry-run", start=delivery, button="Dry run")
    yield Visit("rotated", "/hook/mine/rotate", start="/hook/mine/rotate", button="Rotate")
    named = {"Name": f"ci-{number}"}
    yield Visit("token-created", "/tokens", start="/tokens", button="Create", fills=named)
    named = {"Name": f"dan-{number}"}
    yield Visit("user-created", "/users", start="/users", button="Add", fills=named)
    link = "/users/bob/link"
    yield Visit("link-made", link, start=link, button="Make the link")


def _signing_in(bridge: Bridge) -> Iterator[Visit]:
    name, store, actor = f"eve-{next(_numbers)}", bridge.store, "cli:me@here"
    secret = add_user(store, name, role="admin", apps=(), link_for=3600.0, actor=actor)
    link = f"/sign-in/link/{secret}"
    yield Visit("sign-in-first", "/", who="stranger", status=(401,))
    yield Visit("sign-in", "/sign-in", who="stranger")
    yield Visit("provider-away", "/sign-in/oidc", who="stranger", status=(503,))
    yield Visit("link", link, who="session")
    yield Visit("signed-in", link, start=link, button=f"Sign in as {name}", who="session")
    yield Visit("account", "/account", who="session")
    yield Visit("signed-out", "/sign-out", start="/account", button="Sign out", who="session")
    refused = (403, 429)
    yield Visit("link-used", link, who="session", status=refused)
    gone = f"gone-{next(_numbers)}"
    old = add_user(store, gone, role="read", apps=(), link_for=_LONG_AGO, actor=actor)
    yield Visit("link-expired", f"/sign-in/link/{old}", who="stranger", status=refused)
    yield Visit("no-proxy", "/sign-in/proxy", who="stranger", status=refused)
    yield Visit("another-browser", "/sign-in/oidc/callback?state=x", who="stranger", status=refused)
    yield Visit("link-unknown", "/sign-in/link/none", who="stranger", status=refused)
    yield Visit("plain-http", "/sign-in", who="forwarded", status=(403,))


def _errors(seeded: Seed) -> Iterator[Visit]:
    yield Visit("bad-question", "/deliveries?verdict=nosuch", status=(400,))
    yield Visit("not-allowed", "/users", who="reader", status=(403,))
    yield Visit("not-found", "/nowhere", status=(404,))
    yield Visit("other-method", "/sign-out", status=(405,))
    ended = f"/runs/{seeded.failed_run}/cancel"
    yield Visit("not-done", ended, start=ended, button="Cancel the run", status=(409,))
    yield Visit("broken", "/broken", status=(500,))
    yield Visit("store-away", "/store-away", status=(503,))
    plan = {"start": "/apps/blog/deploy", "button": "See what would happen"}
    yield Visit("registry-away", "/apps/blog/deploy/plan", **plan)


def endpoints_of(app: Flask, found: list[Visit]) -> set[str]:
    """Return which endpoints of an application are seen by these visits."""
    adapter, seen = app.url_map.bind("localhost"), set()
    for visit in found:
        try:
            endpoint, _values = adapter.match(visit.path.partition("?")[0], method=visit.method)
        except HTTPException:
            continue  # the page of an error, which has no endpoint
        seen.add(endpoint)
    return seen
