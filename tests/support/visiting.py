# SPDX-License-Identifier: GPL-3.0-or-later
"""People who look at pages: signed in without a session, for tests of the pages themselves."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.visitors import VISITOR, Role, Visitor

HTML = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}


def visiting(
    app: Flask,
    *,
    name: str = "ann",
    role: Role = "admin",
    apps: frozenset[str] | None = None,
) -> FlaskClient:
    """Return the browser of somebody who has signed in with a role, for some apps or all."""
    app.extensions[VISITOR] = lambda: Visitor(name, role, apps)
    client = app.test_client()
    client.environ_base |= HTML
    return client


def stranger(bridge: Bridge) -> FlaskClient:
    """Return the browser of somebody who has not."""
    client = create_app(bridge).test_client()
    client.environ_base |= HTML
    return client
