# SPDX-License-Identifier: GPL-3.0-or-later
"""The first page: every app, and the hosts of each that are worth a look."""

from __future__ import annotations

from dataclasses import asdict

from webhook_bridge.operations.fleet_overview import EACH, fleet_overview
from webhook_bridge.operations.parameters import one_of
from webhook_bridge.runs.removal import orphans
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import page_blueprint, visible_apps, visitor
from webhook_bridge.web.pages.asked import TEXT, optional
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.shows import every_app
from webhook_bridge.web.questions import Parameter, takes

blueprint = page_blueprint("fleet")


@blueprint.get("/")
@takes(host=TEXT, show=Parameter(optional(one_of(["all"]))))
@live(every_app)
def show_fleet(host: str | None, show: str | None) -> Page:
    """Every app; with `host`, on hosts whose name contains it; `show=all` shows those well too."""
    bridge, apps = current_bridge(), visible_apps()
    with bridge.store.read() as connection:
        overview = fleet_overview(
            connection, apps, host=host or "", each=EACH if show or host else 0
        )
        who = visitor()
        left = [
            one for one in orphans(connection, bridge.apps.current()) if who.may("read", one.app)
        ]
    values = {
        "fleet": overview,
        "host": host or "",
        "show": show or "",
        "orphans": [asdict(one) | {"sentence": one.sentence} for one in left],
        "has_hooks": bool(bridge.settings.hooks),
    }
    return Page("fleet.html", "Fleet", values, here="fleet")
