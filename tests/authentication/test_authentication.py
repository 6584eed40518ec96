# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.schemes import (
    BODY,
    BOTH,
    HUB,
    SCHEMES,
    SECRET,
    SHA1,
    good_headers,
    signed,
)
from tests.support.sending import NOW, hex_signature, received
from webhook_bridge.authentication import (
    BasicPassword,
    BearerToken,
    FixedHeader,
    PathSecret,
    Scheme,
    StandardWebhooks,
    secret_matches,
    verify,
)
from webhook_bridge.domain.inbound import InboundRequest


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("secret", BOTH)
def test_each_of_two_secrets_proves_a_request_during_a_rotation(
    scheme: Scheme, secret: bytes
) -> None:
    assert verify(scheme, received(BODY, good_headers(scheme, secret)), BOTH)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_another_secret_proves_nothing_and_the_owner_is_told_why(scheme: Scheme) -> None:
    verification = verify(scheme, received(BODY, good_headers(scheme, b"another")), BOTH)

    assert not verification
    assert "hook's" in verification.reason
    assert "another" not in verification.reason


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_a_request_without_the_header_is_refused(scheme: Scheme) -> None:
    assert not verify(scheme, received(BODY, {"Host": "x"}), BOTH)


@pytest.mark.parametrize("scheme", [*SCHEMES, PathSecret()], ids=str)
@pytest.mark.parametrize("secrets", [[], [b""]])
def test_a_hook_without_a_secret_refuses_everybody(scheme: Scheme, secrets: list[bytes]) -> None:
    headers = {} if isinstance(scheme, PathSecret) else good_headers(scheme, b"")

    assert not verify(scheme, received(BODY, headers), secrets)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_the_name_of_a_header_may_have_any_case(scheme: Scheme, change: object) -> None:
    assert callable(change)
    headers = {change(name): value for name, value in good_headers(scheme).items()}

    assert verify(scheme, received(BODY, headers), BOTH)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: f"{value}, {value}",
        lambda value: f"{value} {value}" if " " not in value and "," not in value else "x",
        lambda value: value + "\u20ac",
        lambda value: value + "\ud800",
        lambda value: value + "\xff",
        lambda value: value + "\xa0",
        lambda value: value + "x" * 100_000,
        lambda value: value[:-1],
        lambda _: "",
        lambda _: "sha256=",
        lambda _: "sha256=" + "é" * 64,
        lambda _: "v1,",
        lambda _: "Bearer",
        lambda _: "=" * 64,
    ],
)
def test_a_header_that_is_doubled_or_malformed_is_refused(scheme: Scheme, spoil: object) -> None:
    assert callable(spoil)
    headers = good_headers(scheme)
    last = list(headers)[-1]

    assert not verify(scheme, received(BODY, headers | {last: spoil(headers[last])}), BOTH)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_what_a_scheme_keeps_out_of_the_store_holds_the_proof(scheme: Scheme) -> None:
    kept = {
        name: value
        for name, value in good_headers(scheme).items()
        if name.lower() not in scheme.secret_headers
    }

    assert not verify(scheme, received(BODY, kept), BOTH)
    assert SECRET.decode() not in str(kept)


@pytest.mark.parametrize("scheme", [HUB, SHA1, StandardWebhooks()], ids=str)
def test_a_signature_holds_for_the_very_bytes_that_were_signed(scheme: Scheme) -> None:
    headers = good_headers(scheme)

    for other in (BODY + b" ", BODY[:-1], b"", b'{"a":1}'):
        assert not verify(scheme, received(other, headers), BOTH)


def test_a_path_secret_is_compared() -> None:
    for secret in BOTH:
        assert verify(PathSecret(), received(path_secret=secret), BOTH)
    for wrong in (b"", b"x", SECRET[:-1], SECRET + b"x", b"\xff\x00"):
        assert not verify(PathSecret(), received(path_secret=wrong), BOTH)


def test_a_secret_in_the_path_proves_nothing_elsewhere() -> None:
    for scheme in SCHEMES:
        assert not verify(scheme, received(BODY, path_secret=SECRET), BOTH)


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_the_word_bearer_may_have_any_case(word: str) -> None:
    headers = {"Authorization": f"{word} {SECRET.decode()}"}

    assert verify(BearerToken(), received(headers=headers), BOTH)
    assert verify(FixedHeader("Authorization"), received(headers=headers), BOTH)


@pytest.mark.parametrize("word", ["Basic", "Token", "", "Bearer x"])
def test_another_word_is_not_a_bearer_token(word: str) -> None:
    headers = {"Authorization": f"{word} {SECRET.decode()}"}

    assert not verify(BearerToken(), received(headers=headers), BOTH)


def test_a_fixed_header_may_be_any_text_its_owner_chose() -> None:
    secret = b"Basic bG9uZ3Nob3JlOnNlY3JldA=="

    assert verify(
        FixedHeader("Authorization"), received(headers={"Authorization": secret.decode()}), [secret]
    )


def test_a_secret_outside_ascii_is_compared_as_the_bytes_that_came() -> None:
    secret = "schlüssel-der-testsuite".encode()
    as_wsgi_hands_it_over = secret.decode("latin-1")

    assert verify(
        BearerToken(),
        received(headers={"Authorization": f"Bearer {as_wsgi_hands_it_over}"}),
        [secret],
    )


def test_the_password_is_good_with_the_hooks_user_only() -> None:
    headers = good_headers(BasicPassword("somebody"))

    assert not verify(BasicPassword("longshore"), received(headers=headers), BOTH)


def test_a_signature_may_be_written_in_capitals() -> None:
    signature = hex_signature(BODY, SECRET).upper()

    assert verify(HUB, received(BODY, {HUB.header: f"sha256={signature}"}), BOTH)


@pytest.mark.parametrize(
    "prefix", ["", "sha1=", "SHA256=", "sha256:", "sha256==", "sha256=sha256="]
)
def test_a_signature_with_another_prefix_is_refused(prefix: str) -> None:
    value = prefix + hex_signature(BODY, SECRET)

    assert not verify(HUB, received(BODY, {HUB.header: value}), BOTH)


def test_a_signature_of_another_algorithm_is_refused() -> None:
    assert not verify(
        HUB, received(BODY, {HUB.header: "sha256=" + hex_signature(BODY, SECRET, "sha1")}), BOTH
    )
    assert not verify(SHA1, received(BODY, {SHA1.header: hex_signature(BODY, SECRET)}), BOTH)


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_a_signed_request_is_good_within_five_minutes(off: int) -> None:
    headers = signed(at=NOW)

    assert verify(StandardWebhooks(), received(BODY, headers, at=NOW + off), BOTH)


@pytest.mark.parametrize("off", [-302, 302, 86_400, -86_400, 1e12])
def test_a_signed_request_of_another_time_is_a_replay(off: float) -> None:
    verification = verify(StandardWebhooks(), received(BODY, signed(at=NOW), at=NOW + off), BOTH)

    assert not verification
    assert "clock" in verification.reason


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_part_of_what_is_signed(name: str) -> None:
    headers = signed()

    assert not verify(StandardWebhooks(), received(BODY, headers | {name: "1790000001"}), BOTH)


@pytest.mark.parametrize(
    "time", ["", "soon", "1e9", "-1", "1790000000.5", "1" * 40, "\uff11\uff17"]
)
def test_a_time_that_is_no_number_of_seconds_is_refused(time: str) -> None:
    assert not verify(
        StandardWebhooks(), received(BODY, signed() | {"webhook-timestamp": time}), BOTH
    )


def test_one_of_several_signatures_is_enough_while_the_sender_rotates() -> None:
    ours, other = (signed(secret)["webhook-signature"] for secret in (SECRET, b"another-one"))
    headers = signed() | {"webhook-signature": f"v1a,xyz {other} {ours}"}

    assert verify(StandardWebhooks(), received(BODY, headers), BOTH)


def test_a_signing_secret_is_base64_after_its_prefix() -> None:
    key = bytes(range(32))
    secret = b"whsec_" + base64.b64encode(key)

    assert verify(StandardWebhooks(), received(BODY, signed(key)), [secret])
    assert not verify(StandardWebhooks(), received(BODY, signed(secret)), [secret])


@pytest.mark.parametrize("secret", [b"whsec_", b"whsec_==", b"whsec_\xff"])
def test_a_signing_secret_that_holds_no_key_proves_nothing(secret: bytes) -> None:
    assert not verify(StandardWebhooks(), received(BODY, signed(b"")), [secret])


def test_a_path_secret_is_not_part_of_what_a_request_shows() -> None:
    assert "s3cret" not in repr(received(path_secret=SECRET))


@pytest.mark.parametrize("presented", BOTH)
def test_each_of_two_secrets_matches(presented: bytes) -> None:
    assert secret_matches(presented, BOTH)


@pytest.mark.parametrize("presented", [b"", SECRET[:-1], SECRET + b"x", b"\xff", b"x" * 100_000])
def test_nothing_else_matches(presented: bytes) -> None:
    assert not secret_matches(presented, BOTH)
    assert not secret_matches(presented, [])
    assert not secret_matches(b"", [b""])


NAMES = st.sampled_from(
    [
        "Authorization",
        "X-Token",
        HUB.header,
        SHA1.header,
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
)


@given(st.dictionaries(NAMES | st.text(), st.text()), st.binary(), st.binary())
def test_no_request_raises_and_none_is_proven_by_chance(
    headers: dict[str, str], body: bytes, path_secret: bytes
) -> None:
    request = InboundRequest(headers, body, NOW, path_secret)

    for scheme in [*SCHEMES, PathSecret()]:
        assert not verify(scheme, request, BOTH)


@given(st.binary(), st.binary(min_size=1), st.integers(0, 10**9))
def test_what_a_secret_signed_is_proven_by_it_and_by_no_other(
    body: bytes, secret: bytes, at: int
) -> None:
    for headers, scheme in (
        ({HUB.header: f"sha256={hex_signature(body, secret)}"}, HUB),
        ({SHA1.header: hex_signature(body, secret, "sha1")}, SHA1),
    ):
        assert verify(scheme, InboundRequest(headers, body, at), [secret])
        assert not verify(scheme, InboundRequest(headers, body, at), [secret + b"x"])
        assert not verify(scheme, InboundRequest(headers, body + b"x", at), [secret])
