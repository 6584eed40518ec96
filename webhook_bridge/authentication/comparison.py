# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare secrets and signatures: one comparison for every scheme, in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def secret_matches(presented: bytes, expected: Iterable[bytes]) -> bool:
    """Say whether what was presented is one of the expected (two during a rotation).

    Both sides are hashed first, because ``compare_digest`` tells the length of unequal inputs;
    all are always compared. An empty one never matches. To take the same time for an unknown
    hook, call it with a secret nobody has.
    """
    presented_hash = hashlib.sha256(presented).digest()
    matched = False
    for one in expected:
        equal = hmac.compare_digest(presented_hash, hashlib.sha256(one).digest())
        matched |= equal and bool(one)
    return matched
