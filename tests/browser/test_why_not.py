# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody new opens the page: why did this push not deploy? Two clicks at most."""

from __future__ import annotations

import time

import pytest

from tests.support.page_seed import V3
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.store import deliveries, rejected, releases

MOST_CLICKS = 2
VERDICTS = {
    "no_app": "acme/other is no image of an app",
    "held": "shop: 2b2b2b2b2b2b is held: it was rolled back",
    "older": "shop: 1.3.9 comes before 1.4.2, which is desired",
    "tag_not_tracked": "tag main is not taken: app shop tracks latest",
    "unsigned": "shop: 3c3c3c3c3c3c bears no signature of its key",
    "registry_unreachable": "the registry did not answer for 15 min",
}


class Clicks:
    """A browser on the first page, and how often somebody clicked in it."""

    def __init__(self, page, url):
        self.page = page
        self.count = 0
        page.goto(url + "/")

    def on(self, link):
        link.click()
        self.page.wait_for_load_state("load")
        self.count += 1

    def menu(self, name):
        self.on(self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True))

    def sees(self, text):
        return text in self.page.inner_text("main")


@pytest.fixture
def clicks(site, open_page):
    return Clicks(open_page().page, site.url)


def store_delivery(site, verdict, detail):
    new = NewDelivery("hub", "dockerhub", "192.0.2.7", {}, b"{}", time.time())
    with site.bridge.store.write() as connection:
        identifier = deliveries.add(connection, new)
        deliveries.decide(connection, identifier, code=verdict, detail=detail, now=time.time())
    return identifier


@pytest.mark.parametrize("verdict", VERDICTS)
def test_why_a_push_did_not_deploy_is_found_in_two_clicks(site, open_page, verdict):
    delivery = store_delivery(site, verdict, VERDICTS[verdict])
    clicks = Clicks(open_page().page, site.url)

    clicks.menu("Deliveries")
    row = clicks.page.locator(f"#r-{delivery}")
    assert VERDICTS[verdict] in row.inner_text(), "one click tells it already"
    clicks.on(row.get_by_role("link").first)

    assert clicks.sees(VERDICTS[verdict])
    assert verdict.replace("_", " ").capitalize() in clicks.page.inner_text(".lead")
    assert clicks.count <= MOST_CLICKS


def test_a_request_that_was_refused_is_found_in_two_clicks_with_what_was_wrong(site, clicks):
    why = "the signature in X-Hub-Signature-256 is not of this hook's secret"
    new = NewRejected(
        "hub", 401, "unauthorized", why, "198.51.100.9", {}, 2, b"{}", time.time() + 1
    )
    with site.bridge.store.write() as connection:
        rejected.add_all(connection, [new])

    clicks.menu("Deliveries")
    row = clicks.page.locator("tr.failed").filter(has_text="198.51.100.9").first
    assert why in row.inner_text()
    clicks.on(row.get_by_role("link").first)

    assert clicks.sees(why)
    assert clicks.count <= MOST_CLICKS


def test_a_sender_that_told_nothing_is_found_in_two_clicks(site, clicks):
    now = time.time()
    with site.bridge.store.write() as connection:
        found = deliveries.add(connection, NewDelivery("poll", "poll", "", {}, b"{}", now))
        deliveries.decide(connection, found, code="released", detail="", now=now)
        new = NewRelease("wiki", "r/acme/wiki", "7.2.0", V3, "delivery", "poll", found)
        releases.desire(connection, new, now=now)

    clicks.menu("Hooks")
    assert clicks.sees("silent: mine")
    clicks.on(clicks.page.locator(".lead").get_by_role("link", name="mine"))

    assert clicks.sees("found by polling")
    assert clicks.count <= MOST_CLICKS


def test_a_rollout_that_failed_is_found_in_one_click_with_its_last_words(site, clicks):
    clicks.on(clicks.page.locator("#app-shop").get_by_role("link", name="Last run: failed"))

    assert clicks.sees("the new container exited with 2")
    assert clicks.sees("panic: ")
    assert clicks.count <= MOST_CLICKS
