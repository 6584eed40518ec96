# SPDX-License-Identifier: GPL-3.0-or-later
"""What the request being handled belongs to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from flask import current_app, g, request

from webhook_bridge.receiving.reception import Reception
from webhook_bridge.service.bridge import Bridge

BRIDGE = "longshore"
RECEPTION = "longshore.reception"
VISITOR = "longshore.visitor"
"""The extension that returns the visitor of the current request, or None."""
RECEIVED_AT = "longshore.received_at"
"""In the WSGI environ: when all of the request was there, in seconds of the monotonic clock."""


def received_at() -> float:
    """Return when the request being handled was there; where the server does not say, now."""
    received: float = request.environ.setdefault(RECEIVED_AT, time.monotonic())
    return received


def current_actor() -> str:
    """Return who asks, as releases, runs and events name them: `token:NAME` or `user:NAME`.

    Raises RuntimeError where nobody is known: nothing is changed by nobody.
    """
    known: str | None = g.get("actor")
    if known is not None:
        return known
    who: Callable[[], Any] = current_app.extensions[VISITOR]
    visitor = who()
    if visitor is None:
        raise RuntimeError("a change needs somebody who asks for it")
    return str(visitor.actor)


def current_bridge() -> Bridge:
    """Return the bridge of the current application."""
    return cast("Bridge", current_app.extensions[BRIDGE])


def public_url() -> str:
    """Return where others reach this bridge: as the settings say, else as this request came."""
    configured = current_bridge().settings.server.url
    return (configured or request.host_url).rstrip("/")


def current_reception() -> Reception:
    """Return what answers deliveries in the current application."""
    return cast("Reception", current_app.extensions[RECEPTION])
