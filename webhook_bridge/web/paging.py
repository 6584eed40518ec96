# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists in pages: each answer names where the next one begins.

A cursor is a letter of the list and the place of the last entry in it; what comes meanwhile, or is
removed, moves nothing. It is opaque to others: what is in it may change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

View = dict[str, Any]


def listed(
    key: str, views: Sequence[View], *, limit: int, letter: str, seq: Callable[[View], int]
) -> View:
    """Return the first `limit` entries of a list, and the cursor of what comes after them.

    `views` has one more where there are more; `seq` returns the place of an entry.
    """
    first = list(views[:limit])
    next_cursor = f"{letter}{seq(first[-1]):x}" if len(views) > limit else None
    return {key: first, "next": next_cursor}


def link_to_next(response: Response, next_cursor: str | None) -> Response:
    """Name the next page in the header too (RFC 8288), as the same request with `after`."""
    if next_cursor is not None:
        asked = {**request.args, "after": next_cursor}
        response.headers["Link"] = f'<{request.path}?{urlencode(asked)}>; rel="next"'
    return response
