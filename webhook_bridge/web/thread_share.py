# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep threads free for hooks: whoever looks or asks never holds all of them.

waitress has a fixed number of threads (`server.threads`). Pages and the API together get five of
eight, and our server (server/channels.py) lets a burst of them wait for these without a thread;
under another server the answer is 503 beyond. What asks a registry, and so may wait, gets two.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import current_app

from webhook_bridge.errors import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_SHARE = 5 / 8
_MOST_ASKING = 2
_ASKING = "longshore.asking"
# What must be answered however many look.
_FREE = ("/hooks/", "/healthz", "/readyz")
# Who waits for a delivery's end looks, too.
_STATUS = re.compile("/hooks/[^/]*/deliveries/")
_RETRY_AFTER_S = "1"
_REFRESH_S = "2"
_MESSAGE = "too many pages and API calls at this moment; try again in a second"
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Busy · Longshore</title>'
    f"<h1>Busy</h1><p>{_MESSAGE}.</p>"
)
_View = TypeVar("_View", bound=Callable[..., Any])


def share_of(threads: int) -> int:
    """Return how many of so many threads pages and the API may have."""
    return max(1, int(threads * _SHARE))


def is_for_all_threads(path: str) -> bool:
    """Say whether a request is answered however many look at pages."""
    return path.startswith(_FREE) and _STATUS.match(path) is None


class ThreadShare:
    """WSGI middleware: answers 503 where all threads are taken that pages and the API may have."""

    def __init__(self, app: WSGIApplication, *, threads: int) -> None:
        self._app = app
        self._free = threading.BoundedSemaphore(share_of(threads))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request on, or answer it.

        The share is given back before the answer is sent: waitress sends without a thread.
        """
        if is_for_all_threads(environ.get("PATH_INFO", "")):
            return self._app(environ, start_response)
        if not self._free.acquire(blocking=False):
            return _busy(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._free.release()


def _busy(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    by_person = "text/html" in environ.get("HTTP_ACCEPT", "")
    body = _PAGE if by_person else json.dumps({"error": "busy", "message": _MESSAGE})
    data = body.encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8" if by_person else "application/json"),
        ("Content-Length", str(len(data))),
        ("Retry-After", _RETRY_AFTER_S),
    ]
    if by_person and environ.get("REQUEST_METHOD") == "GET":
        # The browser asks again by itself, also without scripts.
        headers.append(("Refresh", _REFRESH_S))
    start_response("503 Service Unavailable", headers)
    return [data]


def asks_registry(view: _View) -> _View:
    """Mark a view that waits for a registry: few of them at once, so that pages are answered."""

    @wraps(view)
    def answer(*arguments: Any, **named: Any) -> Any:
        with _turn():
            return view(*arguments, **named)

    return cast("_View", answer)


@contextmanager
def _turn() -> Iterator[None]:
    slots: threading.BoundedSemaphore = current_app.extensions.setdefault(
        _ASKING, threading.BoundedSemaphore(_MOST_ASKING)
    )
    if not slots.acquire(blocking=False):
        raise Refused(
            "registry_busy", "other questions to registries are under way; try again in a moment"
        )
    try:
        yield
    finally:
        slots.release()
