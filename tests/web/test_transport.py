# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody signs in where the session could be read on its way; the page says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.installation import Installation
from tests.support.signing_in import (
    HOST,
    bridge_to_sign_in_to,
    browser_of,
    browser_without_proxy,
    is_signed_in,
    link_for,
)
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web.next_page import _PATH

PLAIN = "came over plain HTTP"
UNTRUSTED = "not among server.trusted_proxies"
NOT_HTTPS = "does not say that you reached it over HTTPS"


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with bridge_to_sign_in_to(installation) as made:
        yield made


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost:8090", "[::1]:8090"])
def test_on_this_machine_one_signs_in_without_tls(bridge: Bridge, host: str) -> None:
    address = "::1" if "::1" in host else "127.0.0.1"
    client = browser_without_proxy(bridge, host=host, REMOTE_ADDR=address)

    answer = client.post(link_for(bridge), headers={"Origin": f"http://{host}"})

    assert answer.status_code == 303
    assert answer.headers["Set-Cookie"].startswith("longshore-session=")
    assert "Secure" not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("host", "environ", "reason"),
    [
        (HOST, {"REMOTE_ADDR": "192.0.2.7"}, PLAIN),
        (HOST, {"REMOTE_ADDR": "127.0.0.1"}, PLAIN),
        ("127.0.0.1:8090", {"REMOTE_ADDR": "192.0.2.7"}, PLAIN),
        (HOST, {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_PROTO": "https"}, UNTRUSTED),
        ("localhost", {"REMOTE_ADDR": "127.0.0.1", "HTTP_VIA": "1.1 proxy"}, UNTRUSTED),
        (HOST, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "http"}, NOT_HTTPS),
        (HOST, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_PROTO": "https, http"}, NOT_HTTPS),
    ],
)
def test_over_plain_http_nobody_signs_in_and_the_page_says_why(
    bridge: Bridge, host: str, environ: dict[str, str], reason: str
) -> None:
    link = link_for(bridge)
    client = browser_without_proxy(bridge, host=host, **environ)

    answers = [client.get("/sign-in"), client.get(link), client.post(link)]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert all(reason in answer.text for answer in answers)
    assert "Set-Cookie" not in answers[2].headers
    assert browser_of(bridge).post(link).status_code == 303  # it was not used up


def test_a_session_shows_nobody_over_plain_http(bridge: Bridge) -> None:
    browser = browser_of(bridge)
    browser.post(link_for(bridge))
    cookie = browser.get_cookie("__Host-longshore-session", domain=HOST)
    assert cookie is not None
    plain = browser_without_proxy(bridge, REMOTE_ADDR="192.0.2.7")
    for name in ("__Host-longshore-session", "longshore-session"):
        plain.set_cookie(name, cookie.value, domain=HOST)

    assert not is_signed_in(plain)
    assert is_signed_in(browser)


def test_over_https_the_cookie_of_loopback_is_not_read(bridge: Bridge) -> None:
    """Another port of the host may set it, or a name below ours over plain HTTP."""
    browser = browser_of(bridge)
    browser.post(link_for(bridge))
    cookie = browser.get_cookie("__Host-longshore-session", domain=HOST)
    assert cookie is not None
    other = browser_of(bridge)
    other.set_cookie("longshore-session", cookie.value, domain=HOST)

    assert not is_signed_in(other)


def test_a_proxy_that_says_nothing_is_found_out_by_what_the_browser_says(bridge: Bridge) -> None:
    link = link_for(bridge)
    client = browser_without_proxy(bridge, host="127.0.0.1:8090", REMOTE_ADDR="127.0.0.1")
    seen = {"Origin": "https://longshore.example", "Sec-Fetch-Site": "same-origin"}

    answer = client.post(link, headers=seen)

    assert answer.status_code == 403
    assert "does not pass on how you reached it" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "longshore.example.evil.example", "a@b"])
def test_a_host_that_is_not_ours_is_not_answered(bridge: Bridge, host: str) -> None:
    answer = browser_of(bridge).get("/sign-in", environ_overrides={"HTTP_HOST": host})

    assert answer.status_code in (400, 421)


@given(st.text(max_size=30))
def test_a_path_of_ours_never_names_another_host(rest: str) -> None:
    path = f"/{rest}"

    if _PATH.fullmatch(path):
        assert path.isascii()
        assert path.isprintable()
        assert not path.startswith("//")
        assert "\\" not in path
