# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages through nginx and Caddy, configured word for word as docs/install.md shows."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.installation import SECRET, Installation
from tests.support.proxies import NAME, behind, documented_server
from tests.support.serving import COMMAND, serving

URL = f"https://{NAME}"
# What looks names up is the browser alone.
POST = """([path, body]) => fetch(path, {method: "POST", body,
  headers: {"Content-Type": "application/json"}}).then((answer) => answer.status)"""
BODY = json.dumps({"push_data": {"tag": "7"}, "repository": {"repo_name": "acme/other"}})

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="port 443 needs root"),
]


def sign_in_link(installation: Installation) -> str:
    command = [*COMMAND, "--config", str(installation.file), "user", "add", "ann"]
    done = subprocess.run(
        [*command, "--role", "admin"], check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_people_sign_in_follow_a_page_and_send_a_form_behind_it(
    tmp_path: Path, open_page, proxy: str
) -> None:
    installation = Installation(tmp_path)
    documented_server(installation)
    with serving(installation), behind(proxy, installation) as folder:
        watched = open_page(ignore_https_errors=True)
        page = watched.page
        page.goto(f"{URL}/deliveries")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        link = sign_in_link(installation)
        assert link.startswith(f"{URL}/sign-in/link/")
        page.goto(link)
        page.get_by_role("button", name="Sign in as ann").click()
        expect(page).to_have_url(f"{URL}/deliveries")
        [cookie] = [one for one in page.context.cookies() if "session" in one["name"]]
        assert (cookie["name"], cookie["secure"]) == ("__Host-longshore-session", True)

        assert page.evaluate(POST, [f"/hooks/hub/{SECRET}", BODY]) == 202
        # The page turns by itself.
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(1, timeout=60_000)
        expect(rows.first).to_contain_text("no app", ignore_case=True, timeout=60_000)

        rows.first.locator("th a").click()
        page.get_by_role("link", name="Redeliver…").click()
        page.get_by_role("button", name="Redeliver").click()
        expect(page.locator("main .lead")).to_contain_text("No app", timeout=60_000)
        page.goto(f"{URL}/account")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You have signed out")

        assert watched.problems == []
        logged = "".join(one.read_text() for one in folder.glob("*log"))
        assert SECRET not in logged
        assert link.rpartition("/")[2] not in logged
