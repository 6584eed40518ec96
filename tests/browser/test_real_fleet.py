# SPDX-License-Identifier: GPL-3.0-or-later
"""People at work: a browser, a bridge of its own process, and hosts that run what is pushed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import every_host_runs, served
from tests.support.fleets import fleet, running_fleet
from tests.support.oidc_provider import CLIENT_SECRET, OidcProvider, oidc_provider

__all__ = ["fleet", "running_fleet"]

pytestmark = [pytest.mark.fleet, pytest.mark.nightly, pytest.mark.timeout(900)]
# A rollout on real hosts, on a machine that does other things as well.
ROLLOUT_S = 240
ROLLOUT_MS = 1000 * ROLLOUT_S
CANARY = {"serial": [1, "100%"]}
OIDC = """
[auth.oidc]
issuer = "{issuer}"
client_id = "longshore"
client_secret_file = "secrets/client"
name = "Acme"
roles = {{operate = ["deployers"]}}
"""


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path, provider: OidcProvider) -> Iterator[Bridge]:
    made = Bridge(tmp_path, fleet)
    secret = tmp_path / "secrets" / "client"
    secret.touch(mode=0o600)
    secret.write_text(CLIENT_SECRET)
    with (tmp_path / "longshore.toml").open("a") as settings:
        settings.write(OIDC.format(issuer=provider.issuer))
    made.declare(shop=app(fleet, rollout=CANARY))
    made.start()
    made.notify()
    yield made
    made.kill()


def push(fleet: Fleet, version: str) -> str:
    return str(fleet.registry.push("acme/shop", "latest", images.healthy(version)))


def sign_in(page: Page, bridge: Bridge, *, wanted: str, name: str = "ann") -> None:
    """Open a page, be asked who one is, and sign in by a link of the command line."""
    page.goto(bridge.url + wanted)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    link = bridge.command("user", "add", name, "--role", "admin").stdout.strip()
    page.goto(link)
    page.get_by_role("button", name=f"Sign in as {name}").click()


def state(page: Page):
    return page.locator("main .lead").first


def press(page: Page, name: str) -> None:
    """Reach a link or a button by Tab alone, and press Enter on it."""
    page.locator("body").press("Home")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_a_rollout_is_watched_from_its_push_to_its_end_and_a_failure_is_seen_put_back(
    bridge: Bridge, fleet: Fleet, open_page
) -> None:
    watched = open_page()
    page = watched.page
    sign_in(page, bridge, wanted="/apps/shop")
    expect(page).to_have_url(f"{bridge.url}/apps/shop")
    expect(state(page)).to_contain_text("Never deployed")

    first = push(fleet, "1.4.1")
    expect(state(page)).to_contain_text("3 of 3 hosts run 1.4.1", timeout=ROLLOUT_MS)
    assert every_host_runs(fleet, first)
    push(fleet, "1.4.2")
    page.get_by_role("link", name="A deploy goes on").click(timeout=ROLLOUT_MS)
    expect(state(page)).to_contain_text("succeeded after", timeout=ROLLOUT_MS)
    parts = page.locator("section[aria-labelledby=time] tbody th").all_inner_texts()
    for part in ("verdict", "pre-flight", "stage", "canary", "batches"):
        assert any(part in one for one in parts), parts
    expect(page.locator("section[aria-labelledby=time]")).to_contain_text("median of 1 run")
    assert [served(host) for host in fleet.hosts] == ["version 1.4.2"] * 3

    fleet.registry.push("acme/shop", "latest", images.exits_at_once("1.4.3"))
    page.goto(f"{bridge.url}/apps/shop")
    page.get_by_role("link", name="restored").first.click(timeout=ROLLOUT_MS)
    failed = page.locator(".host-failed").first
    expect(failed).to_contain_text("restored")
    expect(failed.locator("pre")).to_contain_text("its configuration is broken")
    assert [served(host) for host in fleet.hosts] == ["version 1.4.2"] * 3
    assert watched.problems == []


def test_buttons_roll_back_by_keyboard_and_deploy_on_a_phone_without_scripts(
    bridge: Bridge, fleet: Fleet, open_page
) -> None:
    first = push(fleet, "1.4.1")
    bridge.wait_until_settled(first, seconds=ROLLOUT_S)
    second = push(fleet, "1.4.2")
    bridge.wait_until_settled(second, seconds=ROLLOUT_S)
    page = open_page().page
    sign_in(page, bridge, wanted="/apps/shop")

    press(page, "Roll back…")
    expect(page.get_by_role("heading", level=1)).to_have_text("Roll shop back to 1.4.1?")
    expect(page.locator(".changes")).to_contain_text("3 hosts: 1.4.2")
    press(page, "Roll back")
    expect(state(page)).to_contain_text("3 of 3 hosts run 1.4.1", timeout=ROLLOUT_MS)
    assert every_host_runs(fleet, first)

    phone = open_page(width=390, java_script_enabled=False).page
    sign_in(phone, bridge, wanted="/apps/shop", name="bob")
    phone.get_by_role("link", name=re.compile("^Deploy…$")).click()
    phone.get_by_label("Tag").fill("latest")
    phone.get_by_role("button", name="See what would happen").click()
    # A rollback holds what it leaves.
    expect(state(phone)).to_contain_text("is held")
    phone.get_by_role("link", name="Deploy it all the same…").click()
    expect(phone.locator(".changes")).to_contain_text("3 hosts: 1.4.1")
    phone.get_by_role("button", name="Deploy it").click()
    bridge.wait_until_settled(second, seconds=ROLLOUT_S)
    phone.reload()
    expect(state(phone)).to_contain_text("3 of 3 hosts run 1.4.2")
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert phone.evaluate(width) == 0
    assert every_host_runs(fleet, second)


def test_a_delivery_is_explained_and_taken_in_again_and_its_secret_is_rotated(
    bridge: Bridge, fleet: Fleet, open_page
) -> None:
    bridge.wait_until_settled(push(fleet, "1.4.1"), seconds=ROLLOUT_S)
    watched = open_page()
    page = watched.page
    sign_in(page, bridge, wanted="/explain")
    page.get_by_label("Repository").fill("acme/shop")
    page.get_by_label("Tag").fill("latest")
    page.get_by_role("button", name="Explain").click()
    expect(state(page)).to_contain_text("Its verdict would be unchanged")
    expect(page.locator("main")).to_contain_text("nothing to do: 3 hosts run 1.4.1")

    page.get_by_role("link", name="Deliveries").first.click()
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Redeliver…").click()
    page.get_by_role("button", name="Redeliver").dblclick()
    expect(state(page)).to_contain_text("Duplicate", timeout=ROLLOUT_MS)
    assert bridge.verdicts().count("duplicate") == 1

    page.goto(f"{bridge.url}/hook/fleet/rotate")
    page.get_by_role("button", name="Rotate").click()
    # What a sender is given is used by it from then on.
    bridge.secret = page.locator("#secret").inner_text().strip()
    bridge.notify()
    newer = push(fleet, "1.4.2")
    assert bridge.wait_until_settled(newer, seconds=ROLLOUT_S)["state"] == "succeeded"
    assert watched.problems == []


def test_people_sign_in_and_out_by_link_and_at_a_provider(
    bridge: Bridge, provider: OidcProvider, open_page
) -> None:
    watched = open_page()
    page = watched.page
    sign_in(page, bridge, wanted="/deliveries")
    expect(page).to_have_url(f"{bridge.url}/deliveries")
    page.get_by_role("link", name="ann").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")

    page.goto(f"{bridge.url}/events")
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Sign in with Acme").click()
    expect(page).to_have_url(f"{bridge.url}/events")
    page.get_by_role("link", name="alice").click()
    expect(page.locator("main")).to_contain_text("You may: operate all apps")
    page.get_by_role("button", name="Sign out").click()
    way_out = page.get_by_role("link", name="sign out there too").get_attribute("href")
    assert way_out is not None
    assert way_out.startswith(f"{provider.issuer}/logout?")
    page.goto(f"{bridge.url}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    provider.claims["groups"] = ["visitors"]
    page.get_by_role("link", name="Sign in with Acme").click()
    expect(page.locator("main")).to_contain_text("is in no group that has a role here")
    assert watched.problems == []
