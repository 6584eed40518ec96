# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare secrets: one comparison for every kind of hook, in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

_BEARER = "bearer"


def secret_matches(presented: bytes, secrets: Sequence[bytes]) -> bool:
    """Say whether what was presented is one of the hook's secrets (two during a rotation).

    Both sides are hashed first, because ``compare_digest`` tells the length of unequal inputs;
    all secrets are always compared. An empty secret never matches. To take the same time for an
    unknown hook, call it with a secret nobody has.
    """
    presented_hash = hashlib.sha256(presented).digest()
    matched = False
    for secret in secrets:
        equal = hmac.compare_digest(presented_hash, hashlib.sha256(secret).digest())
        matched |= equal and bool(secret)
    return matched


def bearer_token(headers: Mapping[str, str]) -> bytes:
    """Return the token of ``Authorization: Bearer <token>`` (RFC 6750), or nothing at all.

    WSGI hands headers over as Latin-1 (PEP 3333): encoding them so gives back the sender's bytes.
    """
    for name, value in headers.items():
        if name.lower() == "authorization":
            scheme, _, token = value.strip().partition(" ")
            return _latin1(token.strip()) if scheme.lower() == _BEARER else b""
    return b""


def _latin1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return b""
