# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token opens: its scope, its apps, for its time, while its owner may as much."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.installation import TOKEN
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.roles import Role
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.operations import tokens, users
from webhook_bridge.operations.sign_in_secrets import hash_of
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import events, releases, runs
from webhook_bridge.store import tokens as stored

ME = "cli:me@here"
V1 = f"sha256:{'1' * 64}"
READS = ("/apps", "/apps/shop", "/apps/shop/releases", "/runs", "/events", "/deliveries")


@pytest.fixture
def run_of_blog(bridge: Bridge) -> str:
    """A run and an event of another app; its id."""
    with bridge.store.write() as connection:
        new = NewRelease("blog", "r/acme/blog", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        events.record(connection, NewEvent("run.ended", "bridge", 2.0, "blog"))
        return runs.start(connection, NewRun("blog", release.id, 1, 1, "deploy", ()), now=2.0).id


def made(
    bridge: Bridge,
    scope: Role = "read",
    *apps: str,
    name: str = "ci",
    good_for: float | None = 60.0,
    owner: str | None = None,
) -> str:
    secret, _ = tokens.create_token(
        bridge.store, name, scope=scope, apps=apps, good_for=good_for, owner=owner, actor=ME
    )
    return secret


def ask(client: FlaskClient, token: str, path: str, method: str = "GET") -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return client.open(f"/api/v1{path}", method=method, headers=headers)


def asked(client: FlaskClient, token: str, path: str, method: str = "GET") -> int:
    return ask(client, token, path, method).status_code


def test_a_token_that_reads_changes_nothing(bridge: Bridge, client: FlaskClient) -> None:
    token = made(bridge)

    assert [asked(client, token, path) for path in READS] == [200] * len(READS)
    refused = ask(client, token, "/apps/shop/deploy", "POST")
    assert refused.status_code == 403
    assert refused.json is not None
    assert refused.json["error"] == "forbidden"
    assert "token:ci may not do this: it needs a token with the scope operate" in refused.text
    changes = [("/apps/shop/rollback", "POST"), (f"/apps/shop/holds/{V1}", "DELETE")]
    assert [asked(client, token, *change) for change in changes] == [403, 403]


@pytest.mark.parametrize("scope", ["operate", "admin"])
def test_what_a_token_changes_is_its_own_doing(
    bridge: Bridge, client: FlaskClient, scope: Role
) -> None:
    token = made(bridge, scope)

    assert asked(client, token, "/apps/shop/deploy", "POST") == 202

    told = ask(client, token, "/events?kind=release.desired").json
    assert told is not None
    assert [one["actor"] for one in told["events"]] == ["token:ci"]


def names(answer: TestResponse, key: str, name: str = "app") -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return [one[name] for one in answer.json[key]]


def test_a_token_for_one_app_sees_and_changes_nothing_of_another(
    bridge: Bridge, client: FlaskClient, run_id: str, run_of_blog: str
) -> None:
    token = made(bridge, "operate", "shop")

    assert names(ask(client, token, "/runs"), "runs") == ["shop"]
    assert names(ask(client, token, "/runs?app=blog"), "runs") == []
    assert set(names(ask(client, token, "/events?limit=200"), "events")) <= {"shop"}
    assert set(names(ask(client, token, "/inventory"), "inventory")) <= {"shop"}
    assert asked(client, token, "/apps/shop") == 200
    assert asked(client, token, f"/runs/{run_id}") == 200
    assert asked(client, token, "/apps/shop/deploy", "POST") == 202
    for path, method in (
        ("/apps/blog", "GET"),
        ("/apps/nowhere", "GET"),
        ("/apps/blog/deploy", "POST"),
        ("/apps/blog/tags", "GET"),
        ("/deliveries", "GET"),
        ("/rejected", "GET"),
    ):
        assert asked(client, token, path, method) == 403, path
    for path, method in ((f"/runs/{run_of_blog}", "GET"), (f"/runs/{run_of_blog}/cancel", "POST")):
        hidden = ask(client, token, path, method)
        unknown = ask(client, token, path.replace(run_of_blog, "ffff"), method)
        assert hidden.status_code == 404, path
        assert hidden.text.replace(run_of_blog, "ID") == unknown.text.replace("ffff", "ID")


def test_the_apps_that_a_token_is_not_for_are_not_listed(
    bridge: Bridge, client: FlaskClient
) -> None:
    assert names(ask(client, made(bridge, "read", "blog"), "/apps"), "apps", "name") == []
    gone = ask(client, made(bridge, "read", "blog", name="other"), "/apps/blog")
    assert gone.status_code == 404
    assert "shop" not in gone.text
    both = ask(client, made(bridge, "read", "blog", "shop", name="both"), "/apps/blog")
    assert both.status_code == 404
    assert "no app 'blog' is declared in the apps file; declared: shop" in both.text


@pytest.mark.parametrize("how", ["revoke", "expire", "disable its owner", "remove its owner"])
def test_the_next_request_with_a_token_that_ended_is_refused(
    bridge: Bridge, client: FlaskClient, how: str
) -> None:
    users.add_user(bridge.store, "alice", role="admin", apps=(), link_for=60.0, actor=ME)
    token = made(bridge, owner="alice")
    assert asked(client, token, "/apps") == 200

    if how == "revoke":
        tokens.revoke_token(bridge.store, "ci", actor=ME)
    elif how == "expire":
        with bridge.store.write() as connection:
            connection.exec_driver_sql("UPDATE token SET expires_at = 1.0")
    elif how == "disable its owner":
        users.disable_user(bridge.store, "alice", actor=ME)
    else:
        users.remove_user(bridge.store, "alice", actor=ME)

    assert asked(client, token, "/apps") == 401


def test_a_token_may_no_more_than_its_owner(bridge: Bridge, client: FlaskClient) -> None:
    users.add_user(bridge.store, "bob", role="read", apps=["shop"], link_for=60.0, actor=ME)
    token = made(bridge, "admin", owner="bob")

    assert asked(client, token, "/apps/shop") == 200
    assert asked(client, token, "/apps/shop/deploy", "POST") == 403
    assert asked(client, token, "/apps/blog") == 403


def test_of_a_token_only_the_hash_is_kept_and_when_it_was_used(
    bridge: Bridge, client: FlaskClient
) -> None:
    token = made(bridge)
    asked(client, token, "/apps")
    bridge.last_used.store_notes(now=1.0)

    with bridge.store.read() as connection:
        [row] = connection.exec_driver_sql("SELECT * FROM token").mappings()
        [kept] = stored.all_of_them(connection)
    assert token not in str(row)
    assert row["token_hash"] == hash_of(token)
    assert kept.used_at is not None


def test_the_token_of_the_settings_goes_on_working_as_before(
    bridge: Bridge, client: FlaskClient
) -> None:
    assert asked(client, TOKEN, "/apps/shop/deploy", "POST") == 202
    told = ask(client, TOKEN, "/events?kind=release.desired").json
    assert told is not None
    assert [one["actor"] for one in told["events"]] == ["token:api"]


def test_a_guess_that_looks_like_a_token_is_refused(bridge: Bridge, client: FlaskClient) -> None:
    token = made(bridge)

    guesses = [token[:-1], token + "x", token.upper(), "longshore_", "longshore_\xe9"]

    assert [asked(client, guess, "/apps") for guess in guesses] == [401] * 5
