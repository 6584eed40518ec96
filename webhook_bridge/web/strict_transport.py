# SPDX-License-Identifier: GPL-3.0-or-later
"""Once a browser came over HTTPS, it comes no other way (RFC 6797)."""

from __future__ import annotations

from flask import Response, request

_TWO_YEARS = "max-age=63072000"


def with_strict_transport(response: Response) -> Response:
    """Return an answer, which over HTTPS says so."""
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
    return response
