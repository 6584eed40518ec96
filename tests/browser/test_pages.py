# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page in a real browser: accessible, within its policy, on a phone, without scripts."""

from __future__ import annotations

import os
from pathlib import Path

import axe_playwright_python
import pytest

from tests.support.page_seed import HOSTILE, UNBROKEN
from tests.support.page_server import TESTS_OWN, WHO
from tests.support.page_visits import NO_PAGE, endpoints_of

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(found =>
  found.violations.map(one =>
    one.id + ": " + one.nodes.slice(0, 3).map(node => node.html).join(" | ")))"""
# What must not scroll sideways does not; tables and logs scroll in themselves.
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The height of a name, with a text behind it too, and whether that is within its table.
LENGTHENED = """(one, text) => {
  const before = one.getBoundingClientRect().height;
  one.append(text);
  const {height, right} = one.getBoundingClientRect();
  const table = one.closest(".scroll");
  return [before, height, right < table.getBoundingClientRect().right
    && one.scrollWidth <= one.clientWidth + 1];
}"""
SCREENSHOTS = os.environ.get("LONGSHORE_SCREENSHOTS")


LOOKS = [(width, dark) for dark in (False, True) for width in (1280, 390)]
FORWARDED = {"X-Forwarded-For": "192.0.2.7"}


def test_every_route_shows_a_page_that_is_visited_or_none_at_all(site):
    rules = [rule for rule in site.app.url_map.iter_rules() if not str(rule).startswith("/api/")]

    visited = endpoints_of(site.app, site.visits())

    assert {rule.endpoint for rule in rules} - visited - TESTS_OWN == set(NO_PAGE)
    assert visited.isdisjoint(NO_PAGE)


def test_every_page_is_accessible_and_keeps_to_its_policy(site, open_page):
    """Each in one of the four looks; all of them in all four every night."""
    found = site.visits()
    for number, look in enumerate(LOOKS):
        own = [one for place, one in enumerate(found) if place % len(LOOKS) == number]
        # What signs in and out goes together, in one browser.
        alone = [one for one in own if one.who != "session"]
        together = [one for one in found if one.who == "session"] if number == 1 else []
        inspect(site, open_page, alone + together, *look)


@pytest.mark.nightly
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page_is_accessible_light_and_dark_on_phone_and_desktop(site, open_page, width, dark):
    inspect(site, open_page, site.visits(), width, dark)


def inspect(site, open_page, found, width, dark):
    """Visit pages in the looks of a browser; fail for all that is wrong on any of them."""
    browsers, wrong = {}, {}
    for visit in found:
        watched = browsers.get(visit.who)
        if watched is None:
            headers = {WHO: visit.who, **(FORWARDED if visit.who == "forwarded" else {})}
            watched = open_page(width=width, dark=dark, extra_http_headers=headers)
            browsers[visit.who] = watched
        visit.come(watched.page, site.url)
        problems = problems_on(watched.page)
        if problems:
            wrong[visit.name] = problems
        if SCREENSHOTS:
            file = Path(SCREENSHOTS) / f"{visit.name}-{width}-{'dark' if dark else 'light'}.png"
            watched.page.screenshot(path=file)

    assert wrong == {}
    for watched in browsers.values():
        assert watched.problems == []
        assert [url for url in watched.requests if not url.startswith(site.url)] == []


def problems_on(page):
    """Return what axe finds, and whether the page scrolls sideways."""
    page.evaluate(AXE)
    problems = page.evaluate(RUN_AXE)
    sideways = page.evaluate(SIDEWAYS)
    return problems + [f"scrolls sideways by {sideways}"] * (sideways > 0)


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["with policy", "escape alone"])
def test_what_strangers_wrote_runs_no_script(site, open_page, bypass_csp):
    watched = open_page(bypass_csp=bypass_csp)
    for visit in site.visits():
        if visit.who == "admin":
            visit.come(watched.page, site.url)
            assert watched.page.locator("main img, main script").count() == 0

    assert watched.problems == []
    assert [url for url in watched.requests if not url.startswith(site.url)] == []
    watched.page.goto(f"{site.url}/deliveries/{site.seeded.delivery}")
    assert HOSTILE.partition("<script>")[0] in watched.page.locator("#body + pre").inner_text()


def test_a_page_follows_what_happens(site, open_page):
    watched = open_page()
    watched.page.goto(site.url + "/deliveries")
    before = watched.page.locator("tbody tr").first.get_attribute("id")

    watched.page.request.post(
        f"{site.url}/deliveries/{site.seeded.delivery}/redeliver",
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    first = watched.page.locator("tbody tr").first
    watched.page.wait_for_function(
        "id => document.querySelector('tbody tr').id !== id", arg=before, timeout=30_000
    )
    assert first.get_attribute("id") != before
    assert watched.problems == []


def test_what_the_reader_typed_stays_while_the_page_follows(site, open_page):
    watched = open_page()
    watched.page.goto(site.url + "/")
    field = watched.page.get_by_label("Host", exact=True)
    field.fill("web-0")

    watched.page.wait_for_function(
        "() => document.getElementById('live-status').textContent.includes('looked at')"
    )

    assert field.input_value() == "web-0"
    assert field.evaluate("one => one === document.activeElement")


def test_without_scripts_everything_is_reached_by_links_and_forms(site, open_page):
    watched = open_page(java_script_enabled=False)
    page = watched.page
    page.goto(site.url + "/")
    page.get_by_role("link", name="shop", exact=True).first.click()
    page.get_by_role("link", name="Roll back…").click()
    assert "Roll shop back to 1.4.1?" in page.inner_text("h1")
    page.get_by_role("link", name="Not now").click()
    page.get_by_role("link", name="Deliveries").first.click()
    page.get_by_label("Verdict").select_option("released")
    page.get_by_role("button", name="Show").click()
    page.locator("tbody th a").first.click()
    assert "Released" in page.inner_text(".lead")
    page.get_by_role("link", name="Redeliver…").click()
    page.get_by_role("button", name="Redeliver").click()
    assert "Waiting for its verdict" in page.inner_text(".lead")


def test_a_page_is_worked_by_keyboard(site, open_page):
    watched = open_page()
    page = watched.page
    page.goto(site.url + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))

    assert {"shop", "api", "Show"} <= reached


def test_a_long_log_stays_small_on_the_page_and_grows_upwards(site, open_page):
    watched = open_page()
    page = watched.page
    page.goto(f"{site.url}/runs/{site.seeded.failed_run}")
    log = page.locator("run-log pre")
    assert "web-2999" in log.inner_text()
    assert "web-2400" not in log.inner_text()

    page.get_by_role("link", name="Earlier lines").click()
    page.wait_for_function(
        "() => document.querySelector('run-log pre').textContent.includes('web-2400')"
    )

    assert page.evaluate("document.querySelectorAll('*').length") < 5000
    assert watched.problems == []


def test_the_page_of_a_log_opens_at_its_last_line(site, open_page):
    watched = open_page()
    page = watched.page
    page.goto(f"{site.url}/runs/{site.seeded.failed_run}/log")
    log = page.locator("run-log pre")

    assert "fatal: [web-119]" in log.inner_text()
    assert log.evaluate("one => one.scrollHeight - one.scrollTop - one.clientHeight") < 2
    assert log.evaluate("one => one.scrollTop") > 0
    assert page.get_by_text("The last 500 lines of 3,001.").is_visible()
    page.get_by_role("link", name="Earlier lines").click()
    page.wait_for_function(
        "() => document.querySelector('run-log pre').textContent.includes('web-2400')"
    )
    assert page.get_by_text("The last 500 lines of").count() == 0
    assert watched.problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_host_in_the_table_of_a_run_stands_on_one_line_unless_it_is_too_long(
    site, open_page, width
):
    page = open_page(width=width).page
    page.goto(f"{site.url}/runs/{site.seeded.failed_run}")
    name = page.locator("#hosts ~ .scroll .name").first
    took = page.locator("#hosts ~ .scroll td.brief").first
    before, after, is_within = name.evaluate(LENGTHENED, UNBROKEN)

    assert took.evaluate("one => getComputedStyle(one).whiteSpace") == "nowrap"
    assert before < 32 < after
    assert is_within
    assert page.evaluate(SIDEWAYS) == 0


def test_a_time_of_another_year_is_shown_with_its_year(site, open_page):
    page = open_page().page
    page.goto(site.url + "/")
    year = str(page.evaluate("new Date().getFullYear()"))
    now = page.locator("time").all_inner_texts()
    page.clock.set_fixed_time(f"{int(year) + 1}-12-31T12:00:00Z")
    page.goto(site.url + "/")
    later = page.locator("time").all_inner_texts()

    assert now
    assert [text for text in now if year in text] == []
    assert [text for text in later if year not in text] == []


def test_a_bridge_that_does_not_answer_is_said_so(site, open_page):
    watched = open_page()
    page = watched.page
    page.goto(site.url + "/hooks")
    page.route("**/hooks", lambda route: route.abort())

    page.wait_for_function(
        "() => document.getElementById('live-status').textContent.startsWith('No answer since')"
    )
    page.unroute("**/hooks")
    page.wait_for_function(
        "() => document.getElementById('live-status').textContent.includes('looked at')"
    )
