# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.authentication import bearer_token, secret_matches
from webhook_bridge.sources import SOURCES

SECRET = b"s3cret-of-the-test-suite"
PREVIOUS = b"the-one-before-it"


@pytest.mark.parametrize("presented", [SECRET, PREVIOUS])
def test_each_of_two_secrets_matches_during_a_rotation(presented: bytes) -> None:
    assert secret_matches(presented, [SECRET, PREVIOUS])


@pytest.mark.parametrize("presented", [b"", SECRET[:-1], SECRET + b"x", b"\xff", b"x" * 100_000])
def test_nothing_else_matches(presented: bytes) -> None:
    assert not secret_matches(presented, [SECRET, PREVIOUS])


def test_no_secret_and_an_empty_secret_match_nothing() -> None:
    assert not secret_matches(b"", [])
    assert not secret_matches(b"", [b""])


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_bearer_token_authenticates_a_registry(name: str, scheme: str) -> None:
    headers = {"Host": "x", name: f"{scheme} {SECRET.decode()}"}

    assert SOURCES["distribution"].authenticate(headers, [PREVIOUS, SECRET])


def test_a_secret_outside_ascii_is_compared_as_the_bytes_that_came() -> None:
    secret = "schlüssel".encode()
    as_wsgi_hands_it_over = secret.decode("latin-1")

    assert bearer_token({"Authorization": f"Bearer {as_wsgi_hands_it_over}"}) == secret


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        SECRET.decode(),
        f"Basic {SECRET.decode()}",
        f"Bearer {SECRET.decode()}, Bearer {SECRET.decode()}",
        f"Bearer x {SECRET.decode()}",
        "Bearer \u20ac",
        "Bearer \ud800",
        "Bearer " + "x" * 100_000,
    ],
)
def test_any_other_header_does_not_authenticate(value: str) -> None:
    assert not SOURCES["distribution"].authenticate({"Authorization": value}, [SECRET])


def test_docker_hub_has_no_header_to_authenticate_with() -> None:
    headers = {"Authorization": f"Bearer {SECRET.decode()}"}

    assert not SOURCES["dockerhub"].authenticate(headers, [SECRET])


@given(st.dictionaries(st.text(), st.text()))
def test_no_header_raises(headers: dict[str, str]) -> None:
    assert not SOURCES["distribution"].authenticate(headers, [SECRET])
