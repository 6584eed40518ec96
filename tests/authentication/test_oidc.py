# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import jwt
import pytest

from tests.support.publisher import AUDIENCE, Publisher, published
from tests.support.sending import received
from webhook_bridge.authentication import Verification, fetched, verify
from webhook_bridge.authentication.oidc import OidcToken, published_keys

ISSUER = "https://token.actions.githubusercontent.com"
PINNED = (("ref", ("refs/heads/main", "refs/heads/next")), ("repository", ("acme/shop",)))
GOOD = {"repository": "acme/shop", "ref": "refs/heads/main"}


class Clock:
    """Stands still, until a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def address(publisher: Publisher) -> Iterator[str]:
    with published(publisher) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def scheme(address: str, clock: Clock) -> OidcToken:
    published = partial(published_keys, clock=clock)
    return OidcToken((ISSUER,), AUDIENCE, address, PINNED, published=published)


def shown(scheme: OidcToken, token: str) -> Verification:
    return verify(scheme, received(headers={"Authorization": f"Bearer {token}"}), [])


def test_a_token_with_the_pinned_claims_proves_a_request(
    publisher: Publisher, scheme: OidcToken
) -> None:
    assert shown(scheme, publisher.token(ISSUER, **GOOD))
    assert shown(scheme, publisher.token(ISSUER, **GOOD | {"ref": "refs/heads/next"}))


@pytest.mark.parametrize(
    "claims",
    [
        {"repository": "acme/other"},
        {"repository": "ACME/shop"},
        {"repository": None},
        {"repository": ["acme/shop"]},
        {"ref": "refs/heads/main2"},
        {"ref": None},
        {"aud": "https://other.example.com"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
    ],
)
def test_a_token_for_somebody_or_something_else_is_refused(
    publisher: Publisher, scheme: OidcToken, claims: dict[str, Any]
) -> None:
    verification = shown(scheme, publisher.token(ISSUER, **GOOD | claims))

    assert not verification
    assert verification.reason.startswith("the token")


def test_one_of_several_audiences_may_be_ours(publisher: Publisher, scheme: OidcToken) -> None:
    assert shown(scheme, publisher.token(ISSUER, **GOOD, aud=["x", AUDIENCE]))


def test_a_claim_that_is_true_is_written_so(publisher: Publisher, address: str) -> None:
    scheme = OidcToken((ISSUER,), AUDIENCE, address, (("email_verified", ("true",)),))

    assert shown(scheme, publisher.token(ISSUER, email_verified=True))
    assert shown(scheme, publisher.token(ISSUER, email_verified="true"))
    assert not shown(scheme, publisher.token(ISSUER, email_verified=False))


def test_a_token_that_another_key_signed_is_refused(scheme: OidcToken) -> None:
    stranger = Publisher("a stranger")

    assert not shown(scheme, stranger.token(ISSUER, **GOOD))


def test_a_token_without_a_signature_is_refused(scheme: OidcToken) -> None:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": time.time(), "exp": time.time() + 60, **GOOD}
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})

    assert not shown(scheme, unsigned)


def test_a_published_key_is_not_taken_for_a_shared_secret(
    publisher: Publisher, scheme: OidcToken
) -> None:
    part = publisher.token(ISSUER, **GOOD).split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode())

    assert not shown(scheme, ".".join([header.decode().rstrip("="), *part[1:]]))


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "a.b", "é", "\ud800", "{}", "e30.e30.e30", "x" * 9000]
)
def test_what_is_no_token_is_refused(scheme: OidcToken, token: str) -> None:
    assert not shown(scheme, token)


def test_a_header_that_is_nested_too_deep_is_refused(scheme: OidcToken) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 6000).decode()

    assert not shown(scheme, f"{deep}.e30.e30")


@pytest.mark.parametrize("word", ["Basic", "Token", ""])
def test_a_token_after_another_word_is_refused(
    publisher: Publisher, scheme: OidcToken, word: str
) -> None:
    headers = {"Authorization": f"{word} {publisher.token(ISSUER, **GOOD)}"}

    assert not verify(scheme, received(headers=headers), [])


def test_the_keys_are_asked_for_once(publisher: Publisher, scheme: OidcToken) -> None:
    for _ in range(5):
        assert shown(scheme, publisher.token(ISSUER, **GOOD))

    assert publisher.asked == 1


def test_unknown_keys_do_not_make_us_ask_again_and_again(
    publisher: Publisher, scheme: OidcToken
) -> None:
    shown(scheme, publisher.token(ISSUER, **GOOD))
    publisher.new_key("two")
    for _ in range(5):
        assert not shown(scheme, publisher.token(ISSUER, key="two", **GOOD))

    assert publisher.asked == 1


def test_a_new_key_is_found_once_the_pause_is_over(
    publisher: Publisher, scheme: OidcToken, clock: Clock
) -> None:
    shown(scheme, publisher.token(ISSUER, **GOOD))
    publisher.new_key("two")
    clock.now += fetched.PAUSE_S + 1

    assert shown(scheme, publisher.token(ISSUER, key="two", **GOOD))


def test_the_keys_we_have_are_good_while_the_publisher_is_away(
    publisher: Publisher, scheme: OidcToken, clock: Clock
) -> None:
    shown(scheme, publisher.token(ISSUER, **GOOD))
    publisher.status = 500
    clock.now += fetched.KEPT_S + 1

    assert shown(scheme, publisher.token(ISSUER, **GOOD))
    assert publisher.asked == 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, None),
        (302, None),
        (200, b""),
        (200, b"{}"),
        (200, b"[]"),
        (200, b'{"keys": []}'),
        (200, b'{"keys": [{"kty": "RSA"}]}'),
        (200, b'{"keys": 5}'),
        (200, b"\xff"),
        (200, b"[" * 100_000),
        (200, b"x" * (fetched.MAX_BYTES + 1)),
    ],
)
def test_keys_that_cannot_be_had_refuse_the_request_and_say_so(
    publisher: Publisher, scheme: OidcToken, status: int, body: bytes | None
) -> None:
    publisher.status, publisher.body = status, body

    verification = shown(scheme, publisher.token(ISSUER, **GOOD))

    assert not verification
    assert "keys cannot be had: http://127.0.0.1:" in verification.reason
