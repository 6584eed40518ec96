# SPDX-License-Identifier: GPL-3.0-or-later
"""The headers that keep a browser from doing what a page did not ask for, on every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
SECURITY_HEADERS = (
    ("Content-Security-Policy", "; ".join(_POLICY)),
    # With no-referrer, browsers send "Origin: null" with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
"""What every answer has, unless it says otherwise itself: static files may be kept."""


class SecurityHeaders:
    """WSGI middleware, the outermost: what is answered without Flask has them too."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on, and add the headers to its answer."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[..., object]:
            return start_response(status, with_security(headers), *more)

        return self._app(environ, start)


def with_security(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of an answer, and those of ours that it does not have."""
    given = {name.lower() for name, _ in headers}
    return [*headers, *(one for one in SECURITY_HEADERS if one[0].lower() not in given)]
