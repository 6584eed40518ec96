# SPDX-License-Identifier: GPL-3.0-or-later
"""What the request being handled belongs to."""

from __future__ import annotations

from typing import cast

from flask import current_app

from webhook_bridge.receiving.reception import Reception
from webhook_bridge.service.bridge import Bridge

BRIDGE = "longshore"
RECEPTION = "longshore.reception"


def current_actor() -> str:
    """Return who asks, as releases, runs and events name them: there is one token, `api`."""
    return "token:api"


def current_bridge() -> Bridge:
    """Return the bridge of the current application."""
    return cast("Bridge", current_app.extensions[BRIDGE])


def current_reception() -> Reception:
    """Return what answers deliveries in the current application."""
    return cast("Reception", current_app.extensions[RECEPTION])
