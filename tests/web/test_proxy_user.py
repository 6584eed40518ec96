# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that authenticates people says who asks; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.installation import Installation
from tests.support.signing_in import bridge_to_sign_in_to, browser_of, is_signed_in
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.service.bridge import Bridge

SETTINGS = """
[auth.proxy]
header = "X-Forwarded-User"
groups_header = "X-Forwarded-Groups"
roles = {operate = ["deployers"]}
"""
ALICE = {"HTTP_X_FORWARDED_USER": "alice", "HTTP_X_FORWARDED_GROUPS": "staff, deployers"}


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with bridge_to_sign_in_to(installation, SETTINGS) as made:
        yield made


def test_whom_a_trusted_proxy_names_is_signed_in_without_being_asked(bridge: Bridge) -> None:
    browser = browser_of(bridge, **ALICE)

    answer = browser.get("/account", follow_redirects=True)

    assert answer.status_code == 200
    assert "operate all apps" in answer.text


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.2", "127.0.0.1"])
def test_from_anybody_else_the_header_says_nothing(bridge: Bridge, address: str) -> None:
    browser = browser_of(bridge, **ALICE, REMOTE_ADDR=address)

    assert browser.get("/sign-in/proxy").status_code == 403
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "changed",
    [
        {"HTTP_X_FORWARDED_USER": "bob"},
        {"HTTP_X_FORWARDED_USER": ""},
        {"HTTP_X_FORWARDED_GROUPS": "staff"},
    ],
)
def test_a_session_holds_as_long_as_the_proxy_says_the_same(
    bridge: Bridge, changed: dict[str, str]
) -> None:
    browser = browser_of(bridge, **ALICE)
    browser.get("/sign-in/proxy")
    assert is_signed_in(browser)

    browser.environ_base |= changed

    assert not is_signed_in(browser)


def test_who_is_in_no_group_with_a_role_is_told_so(bridge: Bridge) -> None:
    answer = browser_of(bridge, HTTP_X_FORWARDED_USER="alice").get("/sign-in/proxy")

    assert answer.status_code == 403
    assert "is in no group that has a role here" in answer.text


def test_a_header_from_nobody_that_is_trusted_is_refused_when_it_is_set_up(
    installation: Installation,
) -> None:
    installation.file.write_text(installation.file.read_text() + SETTINGS)

    with pytest.raises(ConfigurationError, match=r"auth\.proxy: needs server\.trusted_proxies"):
        installation.settings()
