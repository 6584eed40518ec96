# SPDX-License-Identifier: GPL-3.0-or-later
"""What the OpenAPI document says in words: of the API, its parts, its refusals and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABOUT = """\
The same reads and actions as the command line.

- **Access**: send `Authorization: Bearer TOKEN`, with a token of `longshore token create`, or \
that of `api.token_file`. Reading needs its scope `read`, all else `operate`. A token for some \
apps sees and changes these alone.
- **Errors** have one shape, `{"error": code, "message": sentence}`. A request that is refused has \
changed nothing. What is not described here is refused: another key, one given twice, another type.
- **Ids and digests** may be cut short as long as they stay unique.
- **Lists** have the newest first, `limit` at a time. `next` (and the header `Link`) names what \
comes next: send it as `after`.
- **Actions** may be sent again without being done again: with the same `Idempotency-Key`, within \
24 hours.
- **Times** are RFC 3339, UTC."""

TAGS: Mapping[str, str] = {
    "Apps": "What should run, what runs where, and how to change it.",
    "Runs": "What was done on which hosts.",
    "Deliveries": "What hooks received, and what became of it.",
    "Events": "What happened, and who caused it.",
    "Inventory": "Which hosts the apps have.",
    "Document": "This description of the API.",
}

SECURITY: Mapping[str, dict[str, Any]] = {
    "apiToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of `longshore token create`, or that of `api.token_file`.",
    },
    "hookSecret": {
        "type": "http",
        "scheme": "bearer",
        "description": "The secret of a hook. It opens `POST /hooks/NAME` alone, in the way "
        "that its kind of sender proves itself, and nothing of the API unless said there.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-longshore-session",
        "description": "The session of a browser. It opens the pages, and nothing of the API.",
    },
}

PATH_KEYS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "name": ("app", {"description": "the name of an app", "example": "shop"}),
    "start_of_id": ("id", {"description": "an id, or its start", "example": "0b7c1d0e"}),
    "digest": (
        "digest",
        {"description": "a digest, or its start", "example": "sha256:1a1a1a1a1a1a"},
    ),
}
"""By the name in the route: the name in the document, and what is said of it."""

REFUSALS: Mapping[int, tuple[str, str, str, str]] = {
    400: (
        "Malformed",
        "It is asked wrongly.",
        "malformed",
        "query: limit: 'x' must be a whole number from 1 to 200",
    ),
    401: (
        "Unauthorized",
        "No token, or a wrong one.",
        "unauthorized",
        "send a token of the API: Authorization: Bearer …",
    ),
    403: (
        "Forbidden",
        "The token does not open this.",
        "forbidden",
        "token:ci may not do this: it needs a token with the scope operate",
    ),
    404: (
        "NotFound",
        "There is none, or the token does not see it.",
        "not_found",
        "no run has an id that starts with 'ffff'; see: runs",
    ),
    409: (
        "Conflict",
        "It cannot be done as things are now, or the first request with this key goes on.",
        "held",
        "1a1a1a1a1a1a is held (put back)",
    ),
    416: (
        "RangeNotSatisfiable",
        "There is no such part.",
        "requested_range_not_satisfiable",
        "Range: must be one of bytes=0-999, bytes=1000- or bytes=-1000, in 0 bytes",
    ),
    422: (
        "KeyReused",
        "This key was sent with another request.",
        "idempotency_key_reused",
        "header: Idempotency-Key: 'k1' was sent with another request; use a new key for this one",
    ),
    429: (
        "TooManyFailures",
        "Too many wrong tokens came from this address.",
        "too_many_failures",
        "too many failures; try again later",
    ),
    503: (
        "Unavailable",
        "Nothing can be stored or the registry is away, for now.",
        "store_unavailable",
        "nothing can be stored now; try again",
    ),
}
"""By status: name, meaning, and an example's code and message."""
