# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flask application: configuration, blueprints, one shape for all errors."""

from __future__ import annotations

from flask import Flask

from webhook_bridge.bridge import Bridge
from webhook_bridge.web import api, health, hooks
from webhook_bridge.web.errors import register_errors

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
    return app
