# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flask application: configuration, blueprints, one shape for all errors."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.inbound import LARGEST_BODY
from webhook_bridge.receiving.hook_secrets import HookSecrets
from webhook_bridge.receiving.reception import Reception
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import api, delivery_api, event_api, health, hooks
from webhook_bridge.web.api_token import ApiToken
from webhook_bridge.web.client_address import TrustedProxies
from webhook_bridge.web.current import BRIDGE, RECEPTION
from webhook_bridge.web.errors import register_errors
from webhook_bridge.web.host_header import KnownHosts
from webhook_bridge.web.questions import read_question


def create_app(bridge: Bridge) -> Flask:
    """Return the WSGI application that serves a bridge."""
    app = Flask("webhook_bridge", static_folder=None)
    # Two slashes are another path, not one to be redirected from.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    register_errors(app)
    server, refusals = bridge.settings.server, Refusals(bridge.rejections)
    app.extensions[BRIDGE] = bridge
    app.extensions[RECEPTION] = _reception(bridge, refusals)
    app.before_request(KnownHosts(server.hosts).demand)
    app.before_request(ApiToken(refusals).demand)
    app.before_request(read_question)
    for blueprint in (
        hooks.blueprint,
        api.blueprint,
        delivery_api.blueprint,
        event_api.blueprint,
        health.blueprint,
    ):
        app.register_blueprint(blueprint)
    proxied = TrustedProxies(app.wsgi_app, server.trusted_proxies)
    app.wsgi_app = proxied  # type: ignore[method-assign]  # Flask's documented way to wrap it
    return app


def _over_http(hooks: Mapping[str, Hook]) -> dict[str, Hook]:
    """Return the hooks that have a URL; the others get what their queue has."""
    return {name: hook for name, hook in hooks.items() if hook.sender.over_http}


def _reception(bridge: Bridge, refusals: Refusals) -> Reception:
    return Reception(
        lambda: _over_http(bridge.settings.hooks),
        secrets=HookSecrets().of,
        accept=bridge.accept,
        rejections=bridge.rejections,
        refusals=refusals,
    )
