# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flask application: configuration, blueprints, one shape for all errors."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.inbound import LARGEST_BODY
from webhook_bridge.receiving.hook_secrets import HookSecrets
from webhook_bridge.receiving.reception import Reception, Secrets
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.receiving.status_readers import StatusReaders
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import (
    account,
    api,
    api_document,
    delivery_api,
    delivery_status,
    event_api,
    health,
    hooks,
    oidc,
    pages,
    sign_in,
    static_files,
)
from webhook_bridge.web.api_token import ApiToken
from webhook_bridge.web.client_address import TrustedProxies
from webhook_bridge.web.current import BRIDGE, RECEPTION, VISITOR
from webhook_bridge.web.errors import register_errors
from webhook_bridge.web.forgery import demand_own_form
from webhook_bridge.web.host_header import KnownHosts
from webhook_bridge.web.questions import read_question
from webhook_bridge.web.security_headers import SecurityHeaders
from webhook_bridge.web.strangers import STRANGERS, Strangers
from webhook_bridge.web.strict_transport import with_strict_transport
from webhook_bridge.web.thread_share import ThreadShare
from webhook_bridge.web.visitors import csrf_field, current_visitor, signed_in_visitor


def create_app(bridge: Bridge) -> Flask:
    """Return the WSGI application that serves a bridge."""
    app = Flask("webhook_bridge.web", static_folder=None)
    # Two slashes are another path, not one to be redirected from.
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    register_errors(app)
    server, refusals = bridge.settings.server, Refusals(bridge.rejections)
    app.extensions[BRIDGE] = bridge
    secrets = HookSecrets().of
    app.extensions[RECEPTION] = _reception(bridge, secrets, refusals)
    app.extensions[delivery_status.READERS] = StatusReaders(
        lambda: _over_http(bridge.settings.hooks), secrets=secrets, refusals=refusals
    )
    app.extensions[STRANGERS] = Strangers(refusals)
    app.extensions[oidc.TRIES] = oidc.Tries()
    app.extensions[VISITOR] = signed_in_visitor
    app.jinja_env.globals.update(csrf_field=csrf_field, current_visitor=current_visitor)
    app.before_request(KnownHosts(server.names).demand)
    app.before_request(ApiToken(refusals).demand)
    app.before_request(demand_own_form)
    app.before_request(read_question)
    app.after_request(with_strict_transport)
    for blueprint in (
        hooks.blueprint,
        delivery_status.blueprint,
        api.blueprint,
        api_document.blueprint,
        delivery_api.blueprint,
        event_api.blueprint,
        health.blueprint,
        sign_in.blueprint,
        oidc.blueprint,
        account.blueprint,
        static_files.blueprint,
    ):
        app.register_blueprint(blueprint)
    pages.init_app(app)
    proxied = TrustedProxies(app.wsgi_app, server.trusted_proxies)
    shared = ThreadShare(proxied, threads=server.threads)
    app.wsgi_app = SecurityHeaders(shared)  # type: ignore[method-assign]  # Flask's documented way
    return app


def _over_http(hooks: Mapping[str, Hook]) -> dict[str, Hook]:
    """Return the hooks that have a URL; the others get what their queue has."""
    return {name: hook for name, hook in hooks.items() if hook.sender.over_http}


def _reception(bridge: Bridge, secrets: Secrets, refusals: Refusals) -> Reception:
    return Reception(
        lambda: _over_http(bridge.settings.hooks),
        secrets=secrets,
        accept=bridge.accept,
        rejections=bridge.rejections,
        refusals=refusals,
    )
