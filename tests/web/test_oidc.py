# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in at an OpenID Connect provider, one that is right and one that lies."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.installation import Installation
from tests.support.oidc_provider import CLIENT_SECRET, OidcProvider, oidc_provider
from tests.support.signing_in import (
    ELSEWHERE,
    HTTPS,
    ME,
    bridge_to_sign_in_to,
    browser_of,
    csrf_of,
    is_signed_in,
    link_for,
    told,
)
from webhook_bridge.authentication import openid_connect
from webhook_bridge.operations import users as operation
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import users
from webhook_bridge.web import oidc as oidc_pages
from webhook_bridge.web import provider as provider_pages

SETTINGS = """
[auth.oidc]
issuer = "{issuer}"
client_id = "longshore"
client_secret_file = "client"
name = "Acme"
roles = {{operate = ["deployers"], admin = ["root"]}}
[auth.oidc.apps.shop]
read = ["sellers"]
"""


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        # The process keeps what a provider says of itself, and a port may be given out again.
        openid_connect._metadata.cache_clear()
        openid_connect._keys.cache_clear()
        yield running


@pytest.fixture
def bridge(installation: Installation, provider: OidcProvider) -> Iterator[Bridge]:
    file = installation.folder / "client"
    file.touch(mode=0o600)
    file.write_text(CLIENT_SECRET)
    more = SETTINGS.format(issuer=provider.issuer)
    with bridge_to_sign_in_to(installation, more) as made:
        yield made


@pytest.fixture
def browser(bridge: Bridge) -> FlaskClient:
    return browser_of(bridge)


def there(browser: FlaskClient, query: str = "") -> str:
    """Begin, and return the address at the provider that the browser is sent to."""
    away = browser.get(f"/sign-in/oidc{query}")
    assert away.status_code == 303, away.text
    return away.headers["Location"]


def back(browser: FlaskClient, address: str) -> TestResponse:
    """Come back from the provider, which is another site."""
    path = address.removeprefix(HTTPS)
    return browser.get(path, headers={"Sec-Fetch-Site": "cross-site"})


def sign_in(browser: FlaskClient, provider: OidcProvider, query: str = "") -> TestResponse:
    return back(browser, provider.authorize(there(browser, query)))


def test_who_is_in_a_group_with_a_role_signs_in_and_goes_on(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    answer = sign_in(browser, provider, "?next=/account?from=there")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?from=there")
    assert "operate all apps" in browser.get("/account").text
    (added, by, data), (signed_in, actor, _) = told(bridge)
    assert (added, by, signed_in, actor) == ("user.added", "oidc", "user.signed_in", "user:alice")
    assert (data["issuer"], data["subject"]) == (provider.issuer, "1234")
    [form] = provider.forms
    assert form["redirect_uri"] == f"{HTTPS}/sign-in/oidc/callback"
    assert "client_secret" not in form


def test_the_sign_in_page_names_the_provider(browser: FlaskClient) -> None:
    assert "Sign in with Acme" in browser.get("/sign-in").text


@pytest.mark.parametrize("groups", [[], ["Deployers"], None, 7, {"deployers": 1}, "deploy"])
def test_who_is_in_no_such_group_has_no_role_and_no_session(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider, groups: Any
) -> None:
    provider.claims["groups"] = groups

    answer = sign_in(browser, provider)

    assert answer.status_code == 403
    assert "is in no group that has a role here" in answer.text
    assert not is_signed_in(browser)
    assert [kind for kind, _, _ in told(bridge)] == ["user.sign_in_refused"]


def test_roles_follow_from_the_groups_at_each_sign_in_and_older_sessions_end(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(browser, provider)
    later = browser_of(bridge)
    provider.claims["groups"] = ["sellers"]

    sign_in(later, provider)

    assert "read shop" in later.get("/account").text
    assert not is_signed_in(browser)
    provider.claims["groups"] = []
    assert sign_in(browser_of(bridge), provider).status_code == 403
    assert not is_signed_in(later)


def test_somebody_is_issuer_and_subject_whatever_they_call_themselves(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    link_for(bridge, "alice")
    sign_in(browser, provider)
    renamed = browser_of(bridge)
    provider.claims["preferred_username"] = "bob"
    sign_in(renamed, provider)

    assert "<h1>alice-2</h1>" in browser.get("/account").text
    assert "<h1>alice-2</h1>" in renamed.get("/account").text
    with bridge.store.read() as connection:
        assert [one.name for one in users.all_of_them(connection)] == ["alice", "alice-2"]


def test_who_is_disabled_here_stays_out(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(browser, provider)
    operation.disable_user(bridge.store, "alice", actor=ME)

    assert not is_signed_in(browser)
    assert "is disabled here" in sign_in(browser_of(bridge), provider).text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"iss": ELSEWHERE}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": "another", "azp": "longshore"}, "aud"),
        ({"aud": ["longshore", "another"]}, "azp"),
        ({"aud": None}, "aud"),
        ({"nonce": "of another try"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"at_hash": "wrong"}, "at_hash"),
        ({"sub": "s" * 256}, "1 to 255 characters"),
    ],
)
def test_a_token_with_a_wrong_claim_signs_nobody_in(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider, wrong: dict[str, Any], says: str
) -> None:
    provider.wrong = wrong

    answer = sign_in(browser, provider)

    assert answer.status_code == 403
    assert says in answer.text
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    ("algorithm", "signed_by"), [("none", "one"), ("HS256", "one"), ("RS256", "another")]
)
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    browser: FlaskClient, provider: OidcProvider, algorithm: str, signed_by: str
) -> None:
    provider.algorithm, provider.signed_by = algorithm, signed_by

    answer = sign_in(browser, provider)

    assert answer.status_code == 403
    assert not is_signed_in(browser)


def test_another_key_under_the_name_of_a_published_one_signs_nobody_in(
    browser: FlaskClient, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.published = ["two"]
    real = provider.keys
    monkeypatch.setattr(provider, "keys", lambda: {"keys": [{**real()["keys"][0], "kid": "one"}]})

    assert sign_in(browser, provider).status_code == 403


def test_a_state_is_good_once_and_in_its_own_browser(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    address = provider.authorize(there(browser))
    cookie = browser.get_cookie("__Host-longshore-oidc", domain="longshore.example")
    assert cookie is not None

    in_another = back(browser_of(bridge), address)
    in_its_own = back(browser, address)
    browser.set_cookie("__Host-longshore-oidc", cookie.value, domain="longshore.example")
    again = back(browser, provider.authorize(with_state_of(address, provider)))

    assert (in_another.status_code, in_its_own.status_code) == (403, 303)
    assert again.status_code == 403
    assert "did not begin in this browser" in in_another.text
    assert "did not begin in this browser" in again.text


def with_state_of(address: str, provider: OidcProvider) -> str:
    """Return an address at the provider that asks for a fresh code for a used state."""
    state = address.partition("state=")[2].partition("&")[0]
    return (
        f"{provider.issuer}/authorize?response_type=code&code_challenge_method=S256&state={state}"
        f"&code_challenge=x&nonce=n&redirect_uri={HTTPS}/sign-in/oidc/callback"
    )


@pytest.mark.parametrize("sealed", ["", "x", "eyJzdGF0ZSI6ICJ4In0.x.y"])
def test_a_cookie_that_this_bridge_did_not_sign_is_none(browser: FlaskClient, sealed: str) -> None:
    browser.set_cookie("__Host-longshore-oidc", sealed, domain="longshore.example")

    answer = browser.get("/sign-in/oidc/callback?code=c&state=x")

    assert answer.status_code == 403


def test_an_answer_of_another_issuer_is_refused(
    browser: FlaskClient, provider: OidcProvider
) -> None:
    address = provider.authorize(there(browser)).partition("&iss=")[0]

    answer = back(browser, f"{address}&iss=https%3A%2F%2Fevil.example")

    assert answer.status_code == 403
    assert provider.forms == []


def test_what_the_provider_refuses_is_said(browser: FlaskClient, provider: OidcProvider) -> None:
    state = provider.authorize(there(browser)).partition("state=")[2].partition("&")[0]

    answer = browser.get(
        "/sign-in/oidc/callback", query_string={"error": "<b>access_denied", "state": state}
    )

    assert answer.status_code == 403
    assert "&lt;b&gt;access_denied" in answer.text


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": ELSEWHERE},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "data:text/html,x"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_names_strange_addresses_is_not_asked(
    browser: FlaskClient, provider: OidcProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata

    answer = browser.get("/sign-in/oidc")

    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_while_the_provider_is_away_links_still_sign_in(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    provider.status = 500

    assert browser.get("/sign-in/oidc").status_code == 503
    assert browser.post(link_for(bridge)).status_code == 303


def test_a_provider_that_does_not_answer_holds_few_threads(browser: FlaskClient) -> None:
    with provider_pages.conversation(), provider_pages.conversation():
        answer = browser.get("/sign-in/oidc")

    assert answer.status_code == 503


def test_the_way_back_is_that_of_the_settings_whatever_the_request_says(
    bridge: Bridge, provider: OidcProvider
) -> None:
    answer = browser_of(bridge, host="127.0.0.1").get("/sign-in/oidc")

    assert answer.headers["Location"] == f"{HTTPS}/sign-in"
    assert provider.asked == []


@pytest.mark.parametrize("wanted", [ELSEWHERE, "//evil.example", "/sign-out"])
def test_nobody_is_sent_elsewhere_by_a_link_to_sign_in(
    browser: FlaskClient, provider: OidcProvider, wanted: str
) -> None:
    assert sign_in(browser, provider, f"?next={wanted}").headers["Location"] == "/"


def test_groups_that_only_the_user_info_has_count_for_the_same_subject_alone(
    bridge: Bridge, browser: FlaskClient, provider: OidcProvider
) -> None:
    provider.claims["groups"] = None
    provider.user_info = {"sub": "1234", "groups": ["root"]}
    assert sign_in(browser, provider).status_code == 303

    provider.claims["sub"] = "other"
    assert sign_in(browser_of(bridge), provider).status_code == 403


def test_a_provider_that_answers_without_an_end_is_given_up(
    browser: FlaskClient, provider: OidcProvider
) -> None:
    provider.user_info = {"sub": "1234", "more": "x" * 300_000}

    assert sign_in(browser, provider).status_code == 503
    assert not is_signed_in(browser)


def test_signing_out_shows_the_way_to_sign_out_at_the_provider(
    browser: FlaskClient, provider: OidcProvider
) -> None:
    sign_in(browser, provider)

    page = browser.post("/sign-out", data={"csrf": csrf_of(browser.get("/account"))}).text

    assert f'href="{provider.issuer}/logout?client_id=longshore' in page
    assert "id_token_hint=" in page
    assert "post_logout_redirect_uri=https%3A%2F%2Flongshore.example%2Fsign-in" in page


def test_no_secret_is_logged(
    bridge: Bridge,
    browser: FlaskClient,
    provider: OidcProvider,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(browser, provider)
    provider.wrong = {"nonce": "x"}
    sign_in(browser_of(bridge), provider)
    bridge.rejections.store_notes()

    with bridge.store.read() as connection:
        kept = [str(row) for row in connection.exec_driver_sql("SELECT * FROM rejected")]
    secrets = [CLIENT_SECRET, *(form["code_verifier"] for form in provider.forms)]
    text = caplog.text + "".join(kept) + repr(bridge.settings)
    assert [secret for secret in secrets if secret in text] == []
    assert "OpenID Connect: " in caplog.text


def test_of_tries_that_ended_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc_pages, "_MOST_USED", 2)
    tries = oidc_pages.Tries()

    assert [tries._is_first(state) for state in "abca"] == [True, True, True, True]
    assert [tries._is_first(state) for state in "aa"] == [False, False]
