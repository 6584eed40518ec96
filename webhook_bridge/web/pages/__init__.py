# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that people look at: they read the store, and wait for no host and no registry."""

from __future__ import annotations

from flask import Flask
from jinja2 import StrictUndefined

from webhook_bridge.web.pages import (
    actions,
    api_reference,
    apps,
    deliveries,
    events,
    explain,
    fleet,
    holds,
    hooks,
    runs,
    tokens,
    users,
)
from webhook_bridge.web.pages.once import once_field
from webhook_bridge.web.pages.shown import FILTERS
from webhook_bridge.web.static_files import address
from webhook_bridge.web.visitors import csrf_field, current_visitor

BLUEPRINTS = (
    fleet.blueprint,
    apps.blueprint,
    runs.blueprint,
    actions.blueprint,
    holds.blueprint,
    deliveries.blueprint,
    explain.blueprint,
    hooks.blueprint,
    events.blueprint,
    api_reference.blueprint,
    users.blueprint,
    tokens.blueprint,
)


def init_app(app: Flask) -> None:
    """Serve the pages from an application."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(
        static=address,
        csrf_field=csrf_field,
        once_field=once_field,
        current_visitor=current_visitor,
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
