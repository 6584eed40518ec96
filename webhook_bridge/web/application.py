# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flask application: configuration, blueprints, one shape for all errors."""

from __future__ import annotations

from flask import Flask

from webhook_bridge.bridge import Bridge
from webhook_bridge.web import api, health, hooks
from webhook_bridge.web.client_address import TrustedProxies
from webhook_bridge.web.errors import register_errors
from webhook_bridge.web.hosts import KnownHosts

LARGEST_BODY = 1024 * 1024


def create_app(bridge: Bridge) -> Flask:
    """Return the WSGI application that serves a bridge."""
    app = Flask("webhook_bridge", static_folder=None)
    # Two slashes are another path, not one to be redirected from.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions["longshore"] = bridge
    register_errors(app)
    for blueprint in (hooks.blueprint, api.blueprint, health.blueprint):
        app.register_blueprint(blueprint)
    server = bridge.settings.server
    known = KnownHosts(TrustedProxies(app.wsgi_app, server.trusted_proxies), server.hosts)
    app.wsgi_app = known  # type: ignore[method-assign]  # Flask's documented way to wrap it
    return app
