# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in by a link: once, over HTTPS or on this machine, and ended by us."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask.testing import FlaskClient

from tests.support.installation import Installation
from tests.support.signing_in import (
    ELSEWHERE,
    HTTPS,
    ME,
    bridge_to_sign_in_to,
    browser_of,
    csrf_of,
    happened,
    is_signed_in,
    link_for,
    signed_in,
    told,
)
from webhook_bridge.operations import signing_in, users
from webhook_bridge.operations.sign_in_secrets import hash_of
from webhook_bridge.receiving import refusals
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import sessions
from webhook_bridge.web import strangers

COOKIE = "__Host-longshore-session"


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with bridge_to_sign_in_to(installation) as made:
        yield made


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the test takes, no second passes in which a failure is forgiven."""
    clock = SimpleNamespace(monotonic=lambda: 0.0, time=lambda: 0.0)
    monkeypatch.setattr(refusals, "time", clock)
    monkeypatch.setattr(strangers, "time", clock)


@pytest.fixture
def browser(bridge: Bridge) -> FlaskClient:
    return browser_of(bridge)


def session_id(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE, domain="longshore.example")
    assert cookie is not None
    return cookie.value


def test_a_link_is_looked_at_as_often_as_one_likes_and_signs_in_once(
    bridge: Bridge, browser: FlaskClient
) -> None:
    link = link_for(bridge)

    looks = [browser_of(bridge).get(link) for _ in range(3)]
    first, second = browser.post(link), browser_of(bridge).post(link)

    assert [look.status_code for look in looks] == [200] * 3
    assert "Sign in as alice" in looks[0].text
    assert (first.status_code, second.status_code) == (303, 403)
    assert "it was used already" in second.text
    assert is_signed_in(browser)
    assert happened(bridge) == [
        ("user.added", ME),
        ("user.signed_in", "user:alice"),
        ("user.sign_in_refused", "link"),
    ]


def test_a_link_leads_to_the_page_that_was_wanted(bridge: Bridge, browser: FlaskClient) -> None:
    refused = browser.get("/deliveries?verdict=released")
    first = browser.post(link_for(bridge))
    kept = browser.get_cookie("__Host-longshore-wanted", domain="longshore.example")

    assert kept is None
    assert refused.status_code == 401
    assert (first.status_code, first.location) == (303, "/deliveries?verdict=released")


def test_a_link_says_itself_where_it_leads(bridge: Bridge, browser: FlaskClient) -> None:
    assert browser.post(f"{link_for(bridge)}?next=/events").location == "/events"
    other = browser_of(bridge)
    assert other.post(f"{link_for(bridge, 'bob')}?next=//evil.example").location == "/"


@pytest.mark.parametrize(
    "wanted", [f"{ELSEWHERE}/", "//evil.example", "/\\evil.example", "/sign-out", "/a\tb"]
)
def test_no_link_leads_to_another_site_whatever_was_kept(
    bridge: Bridge, browser: FlaskClient, wanted: str
) -> None:
    browser.get("/sign-in", query_string={"next": wanted})
    browser.set_cookie("__Host-longshore-wanted", wanted, domain="longshore.example")

    assert browser.post(link_for(bridge)).location == "/"


def test_what_a_script_fetches_is_no_page_that_was_wanted(
    bridge: Bridge, browser: FlaskClient
) -> None:
    browser.get("/events", headers={"Sec-Fetch-Dest": "empty"})

    assert browser.post(link_for(bridge)).location == "/"


def test_the_cookie_is_read_by_no_script_sent_to_no_other_host_and_over_https_alone(
    bridge: Bridge, browser: FlaskClient
) -> None:
    cookie = browser.post(link_for(bridge)).headers["Set-Cookie"]

    assert cookie.startswith(f"{COOKIE}=")
    parts = set(cookie.split("; ")[1:])
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=604800"} <= parts
    assert "Domain" not in cookie


def test_of_a_link_and_a_session_only_hashes_are_stored(
    bridge: Bridge, browser: FlaskClient
) -> None:
    link = link_for(bridge)
    browser.post(link)

    with bridge.store.read() as connection:
        rows = [
            str(row)
            for table in ("user", "sign_in_link", "session", "event")
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')  # noqa: S608 -- our own names
        ]
    text = "".join(rows)
    assert hash_of(session_id(browser)) in text
    assert session_id(browser) not in text
    assert link.rpartition("/")[2] not in text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_old_or_was_never_there_signs_nobody_in(
    bridge: Bridge, browser: FlaskClient, method: str
) -> None:
    old = users.add_user(bridge.store, "bob", role="read", apps=(), link_for=-1.0, actor=ME)
    replaced = link_for(bridge)
    users.new_link(bridge.store, "alice", good_for=60.0, actor=ME)

    answers = [
        browser.open(path, method=method)
        for path in (f"/sign-in/link/{old}", replaced, "/sign-in/link/%00%ff", "/sign-in/link/x")
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "it has expired" in answers[0].text
    assert all("it is not known" in answer.text for answer in answers[1:])
    assert not is_signed_in(browser)


def test_whoever_guesses_links_is_told_to_wait_and_a_good_one_is_not(
    bridge: Bridge, browser: FlaskClient, standing_clock: None
) -> None:
    link = link_for(bridge)
    answers = [browser.post(f"/sign-in/link/{number}") for number in range(61)]

    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert browser.post(link).status_code == 303
    assert len(happened(bridge)) == 2


def test_a_used_link_that_is_tried_again_and_again_does_not_fill_the_events(
    bridge: Bridge, browser: FlaskClient, standing_clock: None
) -> None:
    link = link_for(bridge)
    browser.post(link)
    stranger = browser_of(bridge)
    for _ in range(15):
        stranger.post(link)

    assert len([kind for kind, _ in happened(bridge) if kind == "user.sign_in_refused"]) == 10


def test_neither_a_log_nor_what_is_kept_of_refused_requests_has_a_link(
    bridge: Bridge, browser: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link = link_for(bridge)
    headers = {"Referer": f"{HTTPS}{link}", "X-Original-Uri": link}
    browser.get(link, headers=headers)
    browser.post(link, headers=headers)
    browser_of(bridge).post(link, headers=headers)
    bridge.rejections.store_notes()

    with bridge.store.read() as connection:
        kept = [str(row) for row in connection.exec_driver_sql("SELECT * FROM rejected")]
    assert len(kept) == 1
    assert link.rpartition("/")[2] not in caplog.text + "".join(kept)


def test_a_session_that_somebody_planted_is_not_the_one_that_begins(
    bridge: Bridge, browser: FlaskClient
) -> None:
    browser.set_cookie(COOKIE, "planted", domain="longshore.example")

    browser.post(link_for(bridge))

    assert session_id(browser) != "planted"
    assert is_signed_in(browser)


def test_signing_in_again_ends_the_session_before(bridge: Bridge) -> None:
    browser = signed_in(bridge)
    before = session_id(browser)
    again = f"/sign-in/link/{users.new_link(bridge.store, 'alice', good_for=60.0, actor=ME)}"
    form = csrf_of(browser.get(again))

    assert browser.post(again, data={"csrf": form}).status_code == 303
    other = browser_of(bridge)
    other.set_cookie(COOKIE, before, domain="longshore.example")

    assert is_signed_in(browser)
    assert not is_signed_in(other)


def test_signing_out_ends_the_session_on_the_server_too(bridge: Bridge) -> None:
    browser = signed_in(bridge)
    stolen = session_id(browser)

    left = browser.post("/sign-out", data={"csrf": csrf_of(browser.get("/account"))})

    assert left.status_code == 200
    assert "Max-Age=0" in left.headers["Set-Cookie"]
    browser.set_cookie(COOKIE, stolen, domain="longshore.example")
    assert not is_signed_in(browser)
    assert happened(bridge)[-1] == ("user.signed_out", "user:alice")


@pytest.mark.parametrize("how", ["disable", "role", "remove", "session end"])
def test_the_next_request_after_a_command_is_no_longer_signed_in(bridge: Bridge, how: str) -> None:
    browser = signed_in(bridge)
    assert is_signed_in(browser)

    if how == "disable":
        users.disable_user(bridge.store, "alice", actor=ME)
    elif how == "role":
        users.set_role(bridge.store, "alice", role="read", apps=(), actor=ME)
    elif how == "remove":
        users.remove_user(bridge.store, "alice", actor=ME)
    else:
        with bridge.store.read() as connection:
            [session] = sessions.of(connection)
        signing_in.end_session(bridge.store, session.handle[:8], actor=ME)

    assert not is_signed_in(browser)


@pytest.mark.parametrize("column", ["used_at", "expires_at"])
def test_a_session_ends_by_rest_and_by_age(bridge: Bridge, column: str) -> None:
    browser = signed_in(bridge)
    with bridge.store.write() as connection:
        connection.exec_driver_sql(f"UPDATE session SET {column} = 1.0")  # noqa: S608 -- our own names

    assert not is_signed_in(browser)
    bridge.last_used.store_notes(now=1e10)
    with bridge.store.read() as connection:
        assert sessions.of(connection) == []


def test_a_session_that_is_used_does_not_end_by_rest_and_looking_writes_nothing(
    bridge: Bridge,
) -> None:
    browser = signed_in(bridge)
    assert is_signed_in(browser)
    with bridge.store.write() as connection:
        connection.exec_driver_sql("UPDATE session SET used_at = 1.0")

    # The use just now was noted and is not stored yet: this look holds the write lock itself.
    with bridge.store.write():
        assert is_signed_in(browser)


def test_one_ends_other_sessions_of_ones_own_and_nobody_elses(bridge: Bridge) -> None:
    alice, bob = signed_in(bridge), signed_in(bridge, "bob")
    other = browser_of(bridge)
    other.post(f"/sign-in/link/{users.new_link(bridge.store, 'alice', good_for=9.0, actor=ME)}")
    with bridge.store.read() as connection:
        handles = {hash_of(session_id(one)): one for one in (alice, bob, other)}
        found = {handles[one.id_hash]: one.handle for one in sessions.of(connection)}
    form = {"csrf": csrf_of(alice.get("/account"))}

    ended = alice.post(f"/account/sessions/{found[other]}/end", data=form)
    refused = alice.post(f"/account/sessions/{found[bob]}/end", data=form)

    assert (ended.status_code, refused.status_code) == (303, 404)
    assert [is_signed_in(one) for one in (alice, bob, other)] == [True, True, False]


def test_times_of_sessions_are_shown_as_on_all_pages_and_stack_on_a_phone(bridge: Bridge) -> None:
    text = signed_in(bridge).get("/account").text

    assert '<table class="stack">' in text
    for label in ("Since", "Used last", "Ends"):
        assert f'<td data-label="{label}"><time datetime="' in text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HTTPS},
        {"Origin": ELSEWHERE},
        {"Origin": "null"},
        {"Origin": "http://longshore.example"},
        {"Origin": f"{HTTPS}.evil.example"},
    ],
)
def test_a_page_of_another_site_neither_signs_in_nor_out(
    bridge: Bridge, headers: dict[str, str]
) -> None:
    browser, link = signed_in(bridge), link_for(bridge, "mallory")
    form = {"csrf": csrf_of(browser.get("/account"))}

    answers = [browser.post(path, data=form, headers=headers) for path in ("/sign-out", link)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": HTTPS}, {"Origin": HTTPS.upper()}, {}]
)
def test_a_form_of_ours_needs_the_token_of_its_session_as_well(
    bridge: Bridge, headers: dict[str, str]
) -> None:
    alice, bob = signed_in(bridge), signed_in(bridge, "bob")
    foreign = csrf_of(bob.get("/account"))

    for sent in ({}, {"csrf": ""}, {"csrf": foreign}, {"csrf": "\u00e9"}):
        assert alice.post("/sign-out", data=sent, headers=headers).status_code == 403
    assert is_signed_in(alice)
    own = {"csrf": csrf_of(alice.get("/account"))}
    assert alice.post("/sign-out", data=own, headers=headers).status_code == 200


def test_a_script_of_ours_may_show_the_token_in_a_header(bridge: Bridge) -> None:
    browser = signed_in(bridge)
    token = csrf_of(browser.get("/account"))

    assert browser.post("/sign-out", headers={"X-CSRF-Token": token}).status_code == 200


def test_the_api_takes_no_session_instead_of_a_token(bridge: Bridge) -> None:
    browser = signed_in(bridge)

    assert browser.get("/api/v1/apps").status_code == 401


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/account?x=1", "/account?x=1"),
        (ELSEWHERE, "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https:evil.example", "/"),
        ("/sign-out", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(
    bridge: Bridge, wanted: str, expected: str
) -> None:
    answer = signed_in(bridge).get("/sign-in", query_string={"next": wanted})

    assert (answer.status_code, answer.headers["Location"]) == (303, expected)


def test_who_has_not_signed_in_is_shown_how_to(browser: FlaskClient) -> None:
    away = browser.get("/account")
    page = browser.get(away.headers["Location"])

    assert away.headers["Location"] == "/sign-in?next=/account"
    assert "longshore user add NAME" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_hostile_names_of_browsers_are_text(bridge: Bridge) -> None:
    browser = browser_of(bridge, HTTP_USER_AGENT="<script>alert(1)</script>")
    browser.post(link_for(bridge))

    page = browser.get("/account").text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_events_of_signing_in_say_from_where(bridge: Bridge) -> None:
    signed_in(bridge)

    kind, _, data = told(bridge)[-1]

    assert kind == "user.signed_in"
    assert (data["user"], data["method"], data["address"]) == ("alice", "link", "192.0.2.7")


def test_two_presses_of_one_button_begin_one_session(bridge: Bridge) -> None:
    link = link_for(bridge)
    [first, second] = [browser_of(bridge).post(link) for _ in range(2)]

    assert {first.status_code, second.status_code} == {303, 403}
    with bridge.store.read() as connection:
        assert len(sessions.of(connection)) == 1


def test_the_page_of_a_link_does_not_send_it_to_a_log_as_referer(
    bridge: Bridge, browser: FlaskClient
) -> None:
    link = link_for(bridge)

    for answer in (browser.get(link), browser.post(link), browser_of(bridge).post(link)):
        # The policy goes with the redirect as well: the next page is asked for by its rule.
        assert answer.headers["Referrer-Policy"] == "strict-origin"
