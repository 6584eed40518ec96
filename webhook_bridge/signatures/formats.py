# SPDX-License-Identifier: GPL-3.0-or-later
"""The two forms of a cosign signature with a key pair, and what each must say: pure checks.

Facts: sigstore/cosign specs/SIGNATURE_SPEC.md (payloads of simple signing, cosign up to 2) and
specs/BUNDLE_SPEC.md (a DSSE envelope in a Sigstore bundle, cosign 3); secure-systems-lab/dsse
protocol.md; in-toto Statement v1. Keys and certificates in a signature are never looked at: an
attacker writes those.
"""

from __future__ import annotations

import base64
import binascii

from webhook_bridge.signatures.keys import CosignKeys
from webhook_bridge.strict_json import MalformedBody, parse_object

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
"""Media type of a layer of a classic signature."""
SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature"
BUNDLES = frozenset(
    {
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
    }
)
"""Media types of bundles."""

_CLAIM = "cosign container image signature"
_IN_TOTO = "application/vnd.in-toto+json"
_STATEMENTS = frozenset({"https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"})
_SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
_MOST_SIGNATURES = 5


class NotSigned(Exception):
    """This is no good signature of the image; the message continues "one signature "."""


def check_simple_signing(payload: bytes, signature: str, *, digest: str, keys: CosignKeys) -> None:
    """Check a classic signature: over the payload's bytes, which name the image's digest.

    :raises NotSigned: with why not.
    """
    if not keys.signed(payload, [_decoded(signature)]):
        raise NotSigned("is by another key")
    critical = _object(payload).get("critical")
    if not isinstance(critical, dict) or critical.get("type") != _CLAIM:
        raise NotSigned("is of something else than an image")
    image = critical.get("image")
    if not isinstance(image, dict) or image.get("docker-manifest-digest") != digest:
        raise NotSigned("is of another image")


def check_bundle(bundle: bytes, *, digest: str, keys: CosignKeys) -> None:
    """Check a signature in the bundle format: over an envelope whose statement names the digest.

    :raises NotSigned: with why not.
    """
    document = _object(bundle)
    envelope = document.get("dsseEnvelope")
    if document.get("mediaType") not in BUNDLES or not isinstance(envelope, dict):
        raise NotSigned("is not a Sigstore bundle of version 0.3 with an envelope")
    if envelope.get("payloadType") != _IN_TOTO:
        raise NotSigned("is of something else than a statement")
    payload = _decoded(envelope.get("payload"))
    message = pre_authentication_encoding(_IN_TOTO, payload)
    if not keys.signed(message, _signatures(envelope.get("signatures"))):
        raise NotSigned("is by another key")
    _check_statement(_object(payload), digest)


def pre_authentication_encoding(kind: str, payload: bytes) -> bytes:
    """Return what a DSSE signature is over: type and payload, each after its length."""
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def _check_statement(statement: dict[str, object], digest: str) -> None:
    """One subject, and no other: what else a statement may name was never looked at."""
    if statement.get("_type") not in _STATEMENTS:
        raise NotSigned("is of something else than a statement")
    if statement.get("predicateType") != _SIGN_PREDICATE:
        raise NotSigned("is an attestation and no signature")
    subjects = statement.get("subject")
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(subjects[0], dict):
        raise NotSigned("does not name exactly one image")
    if subjects[0].get("digest") != {"sha256": digest.removeprefix("sha256:")}:
        raise NotSigned("is of another image")


def _signatures(entries: object) -> list[bytes]:
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_SIGNATURES:
        raise NotSigned(f"has none or more than {_MOST_SIGNATURES} signatures in its envelope")
    return [_decoded(one.get("sig") if isinstance(one, dict) else None) for one in entries]


def _decoded(text: object) -> bytes:
    """Return what stands in base64; nothing else is base64 here than the alphabet in full."""
    if not isinstance(text, str):
        raise NotSigned("has a field that is not text")
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NotSigned("has a field that is not base64") from None


def _object(body: bytes) -> dict[str, object]:
    try:
        return parse_object(body)
    except MalformedBody as error:
        raise NotSigned(f"cannot be read: {error}") from None
