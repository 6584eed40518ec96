# SPDX-License-Identifier: GPL-3.0-or-later
"""A digest as people write it: whole, or its first digits, as all tables print it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from webhook_bridge.domain.references import is_digest, shown
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.store import digests

_ALGORITHM = "sha256:"
# Four hex digits: fewer are more likely a slip than a digest.
_START = re.compile("(sha256:)?[0-9a-f]{4,64}")
_MOST_CANDIDATES = 10


def whole_digest(connection: Connection, text: str, *, app: str, image: str) -> str:
    """Return the digest that a text means: itself, or the only known one of an app that starts so.

    Raises Refused where it is no digest (invalid_reference) or could be several (ambiguous), and
    NotFound where none that is known starts so.
    """
    start = check_start(text)
    if is_digest(start):
        return start
    found = digests.starting_with(connection, app, image, start)
    if not found:
        raise NotFound(
            f"no digest of {app} that is known here starts with {shown(text)}; see: longshore "
            f"releases {app}, or write it whole (sha256: and 64 hex digits)"
        )
    return only_one(found, text)


def check_start(text: str) -> str:
    """Return the start of a digest, with its algorithm; raise Refused where it can be none."""
    if _START.fullmatch(text) is None:
        raise Refused(
            "invalid_reference",
            "digest must be sha256: and 64 hex digits, or at least the first 4 of these digits, "
            f"not {text[:80]!r}",
        )
    return with_algorithm(text)


def with_algorithm(text: str) -> str:
    """Return a digest, or its start, with `sha256:` before its digits."""
    return f"{_ALGORITHM}{text.removeprefix(_ALGORITHM)}"


def only_one(found: Iterable[str], text: str) -> str:
    """Return the only digest of these; raise Refused, which names them, where there are several."""
    candidates = sorted(set(found))
    if len(candidates) > 1:
        raise Refused(
            "ambiguous", f"{shown(text)} could be {_listed(candidates)}; write more of it"
        )
    return candidates[0]


def _listed(candidates: Sequence[str]) -> str:
    listed = ", ".join(candidates[:_MOST_CANDIDATES])
    more = len(candidates) - _MOST_CANDIDATES
    return f"{listed} and {more} more" if more > 0 else listed
