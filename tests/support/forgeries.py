# SPDX-License-Identifier: GPL-3.0-or-later
"""Good pushes of an app with something that is almost the proof of their sender."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import amazon
from tests.support.installation import SECRET
from tests.support.publisher import AUDIENCE, Publisher
from tests.support.senders import Senders, Sent
from tests.support.wire import Case, raw
from webhook_bridge.authentication import PathSecret
from webhook_bridge.authentication.oidc import OidcToken
from webhook_bridge.authentication.sns import SnsSignature

_LONG = "x" * 7000


def forgeries(senders: Senders, source: str, body: dict[str, Any]) -> Iterator[Case]:
    """Give requests none of which proves itself."""
    sent, scheme = senders.sent(source, body), senders.scheme(source)
    yield from _without(source, sent)
    if isinstance(scheme, PathSecret):
        yield from _paths(source, sent)
    elif isinstance(scheme, SnsSignature):
        yield from _messages(sent, body)
    else:
        yield from _headers(sent, senders.sent_bytes(source, b"{}"))
    if isinstance(scheme, OidcToken):
        yield from _tokens(sent, scheme, senders.publisher)


def _without(source: str, sent: Sent) -> Iterator[Case]:
    """Give the secret in every place but the right one; one that signs the body gives no other."""
    target = f"/hooks/{source}"
    if not sent.proof and sent.target == target:
        return
    for what, (path, headers) in {
        "no proof": (target, {}),
        "the secret in the query": (f"{target}?secret={SECRET}&token={SECRET}", {}),
        "the secret in a cookie": (target, {"Cookie": f"secret={SECRET}"}),
        "another's password": (target, {"Authorization": "Basic eDp4"}),
        "a method of proof alone": (target, {"Authorization": "Bearer"}),
    }.items():
        yield Case(what, raw(path, headers, sent.body), (401,))


def _paths(source: str, sent: Sent) -> Iterator[Case]:
    for secret in (
        SECRET[:-1],
        SECRET + "x",
        SECRET.upper(),
        f"{SECRET}%00",
        f"{SECRET}%0a",
        "",
        "%00",
        "%ff%fe",
        "%F0%9F%98%80",
        "..",
        "{{secret}}",
        _LONG,
    ):
        path = f"/hooks/{source}/{secret}"
        yield Case(f"the path secret {secret[:40]!r}", raw(path, {}, sent.body), (404,))


def _headers(sent: Sent, of_another_body: Sent) -> Iterator[Case]:
    [(name, value)] = sent.proof.items()
    word = value.split(" ")[0].partition("=")[0]
    other = of_another_body.proof[name]
    forged = [
        "",
        " ",
        value[:-1],
        value + "x",
        "x" + value,
        f"\xff{value}",
        f"{value}\xe9",
        f"{value}, {value}",
        f"{value},wrong",
        f"{word}==",
        f"{word} \xff",
        f"{word}={_LONG}",
        "Basic \xff\xfe",
        "null",
        *([other] if other != value and not value.startswith("Bearer ") else []),
    ]
    for text in forged:
        request = raw(sent.target, {name: text}, sent.body)
        yield Case(f"{name}: {text[:40]!r}", request, (401,))
    for lines in ([value, value], [value, "wrong"], ["wrong", value]):
        request = raw(sent.target, {}, sent.body, *[f"{name}: {line}" for line in lines])
        yield Case(f"{name} twice", request, (401,))


def _tokens(sent: Sent, scheme: OidcToken, publisher: Publisher) -> Iterator[Case]:
    issuer = scheme.issuers[0]
    claims: dict[str, Any] = {name: values[0] for name, values in scheme.claims}
    good = {"iss": issuer, "aud": AUDIENCE, "iat": time.time(), "exp": time.time() + 300, **claims}
    for what, token in {
        "no algorithm": jwt.encode(good, "", algorithm="none", headers={"kid": "one"}),
        "a password for a key": jwt.encode(good, SECRET, algorithm="HS256", headers={"kid": "one"}),
        "somebody else's key": Publisher("somebody else").token(issuer, **claims),
        "a torn head": publisher.token(issuer, **claims)[1:],
        "too late": publisher.token(issuer, **claims | {"exp": 1}),
        "at the end of time": publisher.token(issuer, **claims | {"iat": 1e308, "nbf": 1e308}),
        "a text for a time": publisher.token(issuer, **claims | {"exp": "{{ x }}"}),
        "another audience": publisher.token(issuer, **claims | {"aud": "https://evil.example"}),
        "another account": publisher.token(issuer, **claims | {"email": "evil@example.com"}),
        "a list of accounts": publisher.token(issuer, **claims | {"email": [["x"]]}),
    }.items():
        request = raw(sent.target, {"Authorization": f"Bearer {token}"}, sent.body)
        yield Case(f"a token of {what}", request, (401,))


def _messages(sent: Sent, body: dict[str, Any]) -> Iterator[Case]:
    good = json.loads(sent.body)
    now = datetime.now(UTC).isoformat()
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for what, message in {
        "somebody else's key": amazon.message(key=other, Timestamp=now, **body),
        "another topic": amazon.message(TopicArn=amazon.TOPIC + "x", Timestamp=now, **body),
        "a century ago": amazon.message(Timestamp="1926-01-01T00:00:00Z", **body),
        "the first day": amazon.message(Timestamp="0001-01-01T00:00:00+23:59", **body),
        "the last day": amazon.message(Timestamp="9999-12-31T23:59:59-23:59", **body),
        "no signature": good | {"Signature": None},
        "an empty signature": good | {"Signature": ""},
        "a signature of no base64": good | {"Signature": "\xe9"},
        "a long signature": good | {"Signature": "QUFB" * 5000},
        "a list for a signature": good | {"Signature": [good["Signature"]]},
        "an old version": good | {"SignatureVersion": "1"},
        "another event inside": good | {"Message": good["Message"] + " "},
        "a number for a time": good | {"Timestamp": 1e308},
        "a list of topics": good | {"TopicArn": [amazon.TOPIC]},
        "evil's certificate": good | {"SigningCertURL": "https://evil.example/x.pem"},
        "a file for a certificate": good | {"SigningCertURL": "file:///etc/passwd"},
        "another type": good | {"Type": "SubscriptionConfirmation"},
    }.items():
        request = raw(sent.target, {}, json.dumps(message).encode())
        yield Case(f"a message with {what}", request, (401,))
