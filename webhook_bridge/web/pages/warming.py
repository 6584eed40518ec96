# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first pages after a start would wait for, done before: all look again at once."""

from __future__ import annotations

import logging

from flask import Flask

from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.operations.fleet_overview import fleet_overview
from webhook_bridge.store import sessions
from webhook_bridge.web.current import current_bridge

_log = logging.getLogger(__name__)


def warm(app: Flask) -> None:
    """Compile the templates of pages, and read all apps once; where nobody looks, do nothing."""
    with app.app_context():
        bridge = current_bridge()
        try:
            with bridge.store.read() as connection:
                if sessions.has_any(connection):
                    _compile_templates(app)
                    fleet_overview(connection, bridge.apps.current())
        except StoreUnavailable as error:
            _log.error("pages: %s", error)


def _compile_templates(app: Flask) -> None:
    for name in ("page.html", *app.jinja_env.list_templates(filter_func=_is_part)):
        app.jinja_env.get_template(name)


def _is_part(name: str) -> bool:
    return name.startswith("parts/")
