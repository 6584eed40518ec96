# SPDX-License-Identifier: GPL-3.0-or-later
"""Vectors: what is a good signature of an image, and everything that looks like one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cosign import IN_TOTO, Signer, encoded
from webhook_bridge.signatures.formats import (
    NotSigned,
    check_bundle,
    check_simple_signing,
    pre_authentication_encoding,
)
from webhook_bridge.signatures.keys import CosignKeys, read_keys

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
SIGNER, STRANGER = Signer(), Signer()
KEYS = CosignKeys(Path("cosign.pub"), (SIGNER.key.public_key(),))
SUBJECT = {"digest": {"sha256": "a" * 64}}


def not_simple(payload: bytes, signature: str, *, digest: str = DIGEST) -> str:
    with pytest.raises(NotSigned) as refused:
        check_simple_signing(payload, signature, digest=digest, keys=KEYS)
    return str(refused.value)


def not_bundle(bundle: bytes, *, digest: str = DIGEST) -> str:
    with pytest.raises(NotSigned) as refused:
        check_bundle(bundle, digest=digest, keys=KEYS)
    return str(refused.value)


def test_a_classic_signature_is_good() -> None:
    check_simple_signing(*SIGNER.simple(DIGEST), digest=DIGEST, keys=KEYS)


def test_a_bundle_is_good() -> None:
    check_bundle(SIGNER.bundle(DIGEST), digest=DIGEST, keys=KEYS)


def test_any_key_of_the_file_will_do() -> None:
    both = CosignKeys(Path("k"), (STRANGER.key.public_key(), SIGNER.key.public_key()))

    check_simple_signing(*SIGNER.simple(DIGEST), digest=DIGEST, keys=both)
    check_bundle(STRANGER.bundle(DIGEST), digest=DIGEST, keys=both)


def test_a_classic_signature_by_another_key_is_none() -> None:
    assert not_simple(*STRANGER.simple(DIGEST)) == "is by another key"


def test_a_classic_signature_of_another_image_is_none() -> None:
    assert not_simple(*SIGNER.simple(OTHER_DIGEST)) == "is of another image"


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "atomic container signature"},
        {"type": None},
        {"image": {}},
        {"image": DIGEST},
        {"image": {"docker-manifest-digest": DIGEST.upper()}},
        {"image": {"docker-manifest-digest": [DIGEST]}},
    ],
)
def test_a_classic_payload_that_says_something_else_is_none(changed: dict[str, object]) -> None:
    assert not_simple(*SIGNER.simple(DIGEST, **changed)).startswith("is of ")


def test_a_payload_that_was_changed_after_it_was_signed_is_none() -> None:
    payload, signature = SIGNER.simple(OTHER_DIGEST)

    assert not_simple(payload.replace(b"b" * 64, b"a" * 64), signature) == "is by another key"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b"\xff", b'{"critical": 1}', b"{}"])
def test_a_signed_payload_that_is_no_claim_is_none(payload: bytes) -> None:
    assert not_simple(payload, encoded(SIGNER.sign(payload)))


def test_a_payload_that_says_a_thing_twice_is_none() -> None:
    payload, _ = SIGNER.simple(DIGEST)
    twice = payload.replace(b'{"critical":', b'{"critical": {}, "critical":')

    assert "cannot be read" in not_simple(twice, encoded(SIGNER.sign(twice)))


@pytest.mark.parametrize("signature", ["", "!", "None", "QUJD", "ü", " " + "QUJD"])
def test_a_text_that_is_no_signature_is_none(signature: str) -> None:
    payload, _ = SIGNER.simple(DIGEST)

    assert not_simple(payload, signature)


def test_a_signature_of_the_digest_of_the_payload_is_none() -> None:
    payload, _ = SIGNER.simple(DIGEST)

    assert not_simple(payload, encoded(SIGNER.sign(payload[::-1]))) == "is by another key"


def test_a_bundle_by_another_key_is_none() -> None:
    assert not_bundle(STRANGER.bundle(DIGEST)) == "is by another key"


def test_a_key_or_certificate_in_a_bundle_is_not_believed() -> None:
    material = {"publicKey": {"hint": "x", "rawBytes": encoded(STRANGER.public_pem)}}
    certificate = {"certificate": {"rawBytes": encoded(STRANGER.public_pem)}}

    for one in (material, certificate):
        bundle = STRANGER.bundle(DIGEST, document={"verificationMaterial": one})
        assert not_bundle(bundle) == "is by another key"


def test_a_bundle_of_another_image_is_none() -> None:
    assert not_bundle(SIGNER.bundle(OTHER_DIGEST)) == "is of another image"


@pytest.mark.parametrize(
    "subject",
    [
        [],
        None,
        "a" * 64,
        [SUBJECT, SUBJECT],
        [SUBJECT, {"digest": {"sha256": "b" * 64}}],
        ["a" * 64],
        [{}],
        [{"digest": {}}],
        [{"digest": {"sha256": "b" * 64}, "name": "a" * 64}],
        [{"digest": {"sha256": "a" * 64, "sha512": "c" * 128}}],
        [{"digest": {"sha512": "a" * 64}}],
        [{"digest": {"sha256": "A" * 64}}],
    ],
)
def test_a_statement_must_name_the_image_and_nothing_else(subject: object) -> None:
    assert not_bundle(SIGNER.bundle(DIGEST, statement={"subject": subject}))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"predicateType": "https://slsa.dev/provenance/v1"}, "is an attestation"),
        ({"predicateType": None}, "is an attestation"),
        ({"_type": "https://example.com/Statement"}, "is of something else"),
    ],
)
def test_a_statement_of_another_kind_is_no_signature(
    statement: dict[str, object], why: str
) -> None:
    assert not_bundle(SIGNER.bundle(DIGEST, statement=statement)).startswith(why)


@pytest.mark.parametrize(
    "document",
    [
        {"mediaType": "application/vnd.dev.sigstore.bundle.v0.1+json"},
        {"mediaType": None},
        {"dsseEnvelope": None},
        {"dsseEnvelope": None, "messageSignature": {"signature": "QUJD"}},
        {"dsseEnvelope": {}},
    ],
)
def test_a_document_that_is_no_bundle_is_none(document: dict[str, object]) -> None:
    assert not_bundle(SIGNER.bundle(DIGEST, document=document))


@pytest.mark.parametrize(
    "envelope",
    [
        {"signatures": []},
        {"signatures": None},
        {"signatures": ["QUJD"]},
        {"signatures": [{"sig": ""}]},
        {"signatures": [{"sig": None}]},
        {"signatures": [{"sig": "QUJD"}] * 6},
        {"payload": None},
        {"payload": "%%%"},
        {"payloadType": "application/json"},
    ],
)
def test_an_envelope_that_was_changed_is_none(envelope: dict[str, object]) -> None:
    assert not_bundle(SIGNER.bundle(DIGEST, envelope=envelope))


def test_a_signature_over_the_payload_alone_is_none() -> None:
    payload = json.dumps({"subject": [SUBJECT]}).encode()
    bare = {"payload": encoded(payload), "signatures": [{"sig": encoded(SIGNER.sign(payload))}]}

    assert not_bundle(SIGNER.bundle(DIGEST, envelope=bare)) == "is by another key"


def test_type_and_payload_cannot_be_shifted_into_one_another() -> None:
    one = pre_authentication_encoding("ab", b"c")

    assert one == b"DSSEv1 2 ab 1 c"
    assert one != pre_authentication_encoding("a", b"bc")
    assert one != pre_authentication_encoding("ab 1 c", b"")


def test_a_classic_signature_is_no_bundle_and_the_reverse() -> None:
    payload, signature = SIGNER.simple(DIGEST)
    bundle = SIGNER.bundle(DIGEST)

    assert not_bundle(payload)
    assert not_simple(bundle, signature)
    assert not_simple(bundle, encoded(SIGNER.sign(bundle)))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_happens(content: bytes) -> None:
    assert not_bundle(content)
    assert not_simple(content, encoded(SIGNER.sign(content)))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_signed_statement_can_be_changed(position: int, change: int) -> None:
    payload, signature = SIGNER.simple(DIGEST)
    position %= len(payload)
    changed = bytearray(payload)
    changed[position] ^= change

    assert not_simple(bytes(changed), signature) == "is by another key"


def test_the_keys_of_a_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "cosign.pub"
    file.write_bytes(b"# ours\n" + SIGNER.public_pem + STRANGER.public_pem)

    assert len(read_keys(file).keys) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file"),
        (b"", "holds no public key; name the cosign.pub"),
        (b"-----BEGIN PRIVATE KEY-----", "holds no public key"),
        (
            b"-----BEGIN PUBLIC KEY-----\nQUJD\n-----END PUBLIC KEY-----\n",
            "holds a public key that cannot be read",
        ),
        (
            ed25519.Ed25519PrivateKey.generate()
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "another kind than ECDSA P-256",
        ),
        (Signer(ec.generate_private_key(ec.SECP384R1())).public_pem, "another kind than ECDSA"),
    ],
)
def test_a_file_that_holds_no_key_of_ours_is_refused(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "cosign.pub"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ValueError, match=re.escape(why)):
        read_keys(file)


def test_the_type_of_a_payload_is_the_one_that_was_signed() -> None:
    payload = json.dumps({"subject": [SUBJECT]}).encode()
    message = pre_authentication_encoding(f"{IN_TOTO} ", payload)
    other = {"payload": encoded(payload), "signatures": [{"sig": encoded(SIGNER.sign(message))}]}

    assert not_bundle(SIGNER.bundle(DIGEST, envelope=other)) == "is by another key"
