# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to prove a request by a shared secret, and requests that are proven so."""

from __future__ import annotations

import base64
import hashlib
import hmac

from tests.support.sending import NOW, hex_signature
from webhook_bridge.authentication import (
    BasicPassword,
    BearerToken,
    FixedHeader,
    HmacSignature,
    Scheme,
    StandardWebhooks,
)

SECRET = b"s3cret-of-the-test-suite"
PREVIOUS = b"the-one-before-it-in-use"
BOTH = [SECRET, PREVIOUS]
BODY = b'{"a": 1}'
HUB = HmacSignature("X-Hub-Signature-256", "sha256=")
SHA1 = HmacSignature("X-Nexus-Webhook-Signature", algorithm="sha1")
SCHEMES: list[Scheme] = [
    BearerToken(),
    BasicPassword("longshore"),
    FixedHeader("X-Token"),
    FixedHeader("Authorization"),
    HUB,
    SHA1,
    StandardWebhooks(),
]


def signed(
    secret: bytes = SECRET, *, at: float = NOW, body: bytes = BODY, identifier: str = "msg_1"
) -> dict[str, str]:
    """Return the headers of Standard Webhooks."""
    text = f"{identifier}.{int(at)}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": f"v1,{signature}",
    }


def good_headers(scheme: Scheme, secret: bytes = SECRET, body: bytes = BODY) -> dict[str, str]:
    """Return the headers that prove a request."""
    text = secret.decode()
    match scheme:
        case BearerToken():
            return {"Authorization": f"Bearer {text}"}
        case BasicPassword(username=name):
            return {
                "Authorization": "Basic " + base64.b64encode(f"{name}:{text}".encode()).decode()
            }
        case FixedHeader(name=name):
            return {name: text}
        case HmacSignature(header=header, prefix=prefix, algorithm=algorithm):
            return {header: prefix + hex_signature(body, secret, algorithm)}
    return signed(secret, body=body)
