# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and API tokens on pages: the operations of the command line, by who has signed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.support.installation import Installation
from tests.support.signing_in import (
    HTTPS,
    Browser,
    bridge_to_sign_in_to,
    browser_of,
    csrf_of,
    is_signed_in,
    signed_in,
    told,
)
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import tokens, users

LINK = re.compile(re.escape(HTTPS) + "/sign-in/link/[A-Za-z0-9_-]+")


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Bridge]:
    folder = tmp_path / "longshore"
    folder.mkdir()
    installation = Installation(folder)
    installation.write_app("shop", "blog")
    with bridge_to_sign_in_to(installation) as made:
        yield made


@pytest.fixture
def admin(bridge: Bridge) -> Browser:
    return signed_in(bridge, "alice")


def send(browser: Browser, path: str, page: str | None = None, **form: object) -> TestResponse:
    """Send a form as its page has it."""
    shown = browser.get(page or path)
    assert shown.status_code == 200, shown.text
    return browser.post(path, data={"csrf": csrf_of(shown), **form})


def user_named(bridge: Bridge, name: str):
    with bridge.store.read() as connection:
        return users.named(connection, name)


def test_an_admin_adds_somebody_who_signs_in_by_the_link_that_is_shown_once(
    bridge: Bridge, admin: Browser
) -> None:
    shown = send(admin, "/users", name="bob", role="operate", app=["shop"])
    [link] = LINK.findall(shown.text)
    bob = browser_of(bridge)
    bob.post(link.removeprefix(HTTPS))

    assert is_signed_in(bob)
    assert dict(user_named(bridge, "bob").grants.roles) == {"shop": "operate"}
    assert "operate shop" in admin.get("/users").text
    assert link not in admin.get("/users/bob").text
    added = ("user.added", "user:alice", {"user": "bob", "roles": {"shop": "operate"}})
    assert added in told(bridge)


def test_a_role_that_is_changed_or_taken_away_ends_sessions(bridge: Bridge, admin: Browser) -> None:
    bob = signed_in(bridge, "bob", role="read")

    answer = send(admin, "/users/bob/role", "/users/bob", role="operate", app=["blog"])

    assert (answer.status_code, answer.location) == (303, "/users/bob")
    assert dict(user_named(bridge, "bob").grants.roles) == {"*": "read", "blog": "operate"}
    assert not is_signed_in(bob)
    send(admin, "/users/bob/role", "/users/bob", role="none")
    assert dict(user_named(bridge, "bob").grants.roles) == {}


def test_somebody_is_disabled_enabled_and_removed_by_buttons_that_ask(
    bridge: Bridge, admin: Browser
) -> None:
    bob = signed_in(bridge, "bob", role="read")

    assert "sessions and links end at once" in admin.get("/users/bob/disable").text
    send(admin, "/users/bob/disable")
    assert not is_signed_in(bob)
    send(admin, "/users/bob/enable")
    [link] = LINK.findall(send(admin, "/users/bob/link").text)
    bob.post(link.removeprefix(HTTPS))
    assert is_signed_in(bob)
    send(admin, "/users/bob/remove")

    assert user_named(bridge, "bob") is None
    kinds = [(kind, actor) for kind, actor, _ in told(bridge)]
    for kind in ("user.disabled", "user.enabled", "user.link", "user.removed"):
        assert (kind, "user:alice") in kinds


@pytest.mark.parametrize("action", ["disable", "remove", "role"])
def test_nobody_takes_their_own_rights_away(bridge: Bridge, admin: Browser, action: str) -> None:
    answer = send(admin, f"/users/alice/{action}", "/tokens", role="read")

    assert answer.status_code == 409
    assert "alice is you" in answer.text
    assert is_signed_in(admin)


@pytest.mark.parametrize("role", ["read", "operate", "of-one-app"])
def test_users_are_for_admins_of_all_apps(bridge: Bridge, role: str) -> None:
    apps = ("shop",) if role == "of-one-app" else ()
    bob = signed_in(bridge, "bob", *apps, role="admin" if apps else role)
    own = csrf_of(bob.get("/account"))

    for path in ("/users", "/users/bob", "/users/bob/link", "/users/bob/disable"):
        assert bob.get(path).status_code == 403
    for path in ("/users", "/users/bob/role", "/users/bob/link", "/users/bob/remove"):
        assert bob.post(path, data={"csrf": own, "role": "admin"}).status_code == 403
    assert user_named(bridge, "bob") is not None


def test_a_form_of_no_session_changes_nothing(bridge: Bridge, admin: Browser) -> None:
    assert admin.post("/users", data={"name": "eve", "role": "admin"}).status_code == 403
    assert admin.post("/tokens", data={"name": "ci", "scope": "read"}).status_code == 403
    assert user_named(bridge, "eve") is None


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "bob", "role": "root"}, "form: role: must be one of read, operate, admin"),
        ({"name": "bob", "role": "none"}, "form: role: must be one of read, operate, admin"),
        ({"name": "b b", "role": "read"}, "the name of a user must start with"),
        ({"name": "alice", "role": "read"}, "there is a user alice already"),
        ({"name": "bob", "role": "read", "app": "nope"}, "nope"),
    ],
)
def test_what_cannot_be_a_user_is_refused_by_name(
    bridge: Bridge, admin: Browser, form: dict[str, str], said: str
) -> None:
    answer = send(admin, "/users", **form)

    assert answer.status_code in (400, 404, 409)
    assert said in answer.text
    assert user_named(bridge, "bob") is None


def test_ones_own_token_is_shown_once_opens_the_api_and_is_revoked(bridge: Bridge) -> None:
    bob = signed_in(bridge, "bob", role="operate")
    shown = send(bob, "/tokens", name="ci", scope="read", expires="30d")
    [secret] = re.findall('id="secret" tabindex="0">([^<]+)<', shown.text)
    headers = {"Authorization": f"Bearer {secret}"}
    stranger = browser_of(bridge)
    opened = stranger.get("/api/v1/apps", headers=headers).status_code

    assert (opened, secret in bob.get("/tokens").text) == (200, False)
    assert send(bob, "/tokens/ci/revoke").location == "/tokens"
    assert stranger.get("/api/v1/apps", headers=headers).status_code == 401
    assert [(kind, actor) for kind, actor, _ in told(bridge)][-2:] == [
        ("token.created", "user:bob"),
        ("token.revoked", "user:bob"),
    ]


def test_a_token_is_not_more_than_who_creates_it(bridge: Bridge) -> None:
    bob = signed_in(bridge, "bob", "shop", role="operate")

    assert send(bob, "/tokens", name="all", scope="read").status_code == 403
    assert send(bob, "/tokens", name="up", scope="admin", app="shop").status_code == 403
    other = send(bob, "/tokens", name="other", scope="read", app="blog")
    assert other.status_code == 404
    assert "declared: shop" in other.text, "only those that one may see are named"
    forever = send(bob, "/tokens", name="ever", scope="read", app="shop", expires="99999999d")
    assert forever.status_code == 400
    assert "at most 3650d" in forever.text
    assert send(bob, "/tokens", name="own", scope="operate", app="shop").status_code == 200
    with bridge.store.read() as connection:
        [own] = tokens.all_of_them(connection)
    assert (own.name, own.owner.name, dict(own.grants.roles)) == ("own", "bob", {"shop": "operate"})


def test_tokens_of_others_are_seen_and_revoked_by_admins_alone(
    bridge: Bridge, admin: Browser
) -> None:
    send(admin, "/tokens", name="hers", scope="read", expires="never")
    bob = signed_in(bridge, "bob", role="operate")
    own = csrf_of(bob.get("/tokens"))
    send(bob, "/tokens", name="his", scope="read")

    assert "hers" not in bob.get("/tokens").text
    assert bob.get("/tokens/hers/revoke").status_code == 404
    assert bob.post("/tokens/hers/revoke", data={"csrf": own}).status_code == 404
    assert send(admin, "/tokens/his/revoke").status_code == 303


def test_a_token_with_a_wrong_end_is_refused(admin: Browser) -> None:
    answer = send(admin, "/tokens", name="ci", scope="read", expires="soon")

    assert answer.status_code == 400
    assert "form: expires" in answer.text


def test_an_account_leads_to_tokens_and_for_admins_to_users(bridge: Bridge, admin: Browser) -> None:
    reader = signed_in(bridge, "bob", role="read")

    assert 'href="/users"' in admin.get("/account").text
    assert 'href="/tokens"' in reader.get("/account").text
    assert 'href="/users"' not in reader.get("/account").text
