# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.redaction import REDACTED, redacted_headers, without_path_secrets


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "COOKIE",
        "X-Gitlab-Token",
        "X-Hub-Signature-256",
        "X-JFrog-Event-Auth",
        "X-Api-Key",
        "X-Forwarded-Access-Token",
    ],
)
def test_a_header_whose_name_tells_of_a_secret_keeps_only_its_name(name: str) -> None:
    assert redacted_headers({name: "s3cret"}) == {name: REDACTED}


def test_the_hooks_own_header_is_taken_out_whatever_its_name() -> None:
    assert redacted_headers({"X-Mine": "s3cret"}, {"x-mine"}) == {"X-Mine": REDACTED}


@pytest.mark.parametrize("name", ["X-Original-URI", "Referer"])
def test_the_path_that_a_proxy_adds_to_the_headers_keeps_no_secret(name: str) -> None:
    shown = redacted_headers({name: "https://a.example/hooks/hub/s3cret?x"})

    assert shown == {name: f"https://a.example/hooks/hub/{REDACTED}?x"}


@pytest.mark.parametrize("name", ["Content-Type", "X-Github-Event", "X-Github-Delivery", "Host"])
def test_other_headers_stay_as_they_came(name: str) -> None:
    assert redacted_headers({name: "v"}) == {name: "v"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("POST /hooks/hub/s3cret HTTP/1.1", "POST /hooks/hub/<redacted> HTTP/1.1"),
        ("'/hooks/hub/s3cret/x?y' failed", "'/hooks/hub/<redacted>?y' failed"),
        ("/hooks/mine", "/hooks/mine"),
        ("https://a.example/sign-in/link/s3cret", "https://a.example/sign-in/link/<redacted>"),
    ],
)
def test_a_path_secret_is_taken_out_of_a_text(text: str, shown: str) -> None:
    assert without_path_secrets(text) == shown
