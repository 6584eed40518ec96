# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets that show who somebody is: made here, kept as their hashes only.

Each has 256 random bits, so a plain SHA-256 hides it (OWASP ASVS 5.0, 6.5.2), and a look-up by the
hash tells a stranger nothing by the time it takes: nobody chooses the hash of a guess.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_PREFIX = "longshore_"  # noqa: S105 -- how scanners for secrets know one
_RANDOM_BYTES = 32


def new_token() -> str:
    """Return a token for the API."""
    return TOKEN_PREFIX + new_id()


def new_id() -> str:
    """Return the secret of a link, a session or a form."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(secret: str) -> str:
    """Return what is kept of a secret, whatever characters somebody sends as one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
