# SPDX-License-Identifier: GPL-3.0-or-later
"""One app: its hosts, its releases, and what can be done about it."""

from __future__ import annotations

from webhook_bridge.operations.app_overview import app_details
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.parameters import one_of, whole_number
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps
from webhook_bridge.web.pages.asked import TEXT, optional
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.shows import one_app
from webhook_bridge.web.questions import Parameter, takes

blueprint = page_blueprint("apps")
# Enough to see what is wrong; releases and runs follow below.
_MOST_HOSTS = 25
_GENERATION = Parameter(optional(whole_number(0, 999_999_999)))


@blueprint.get("/apps/<name>")
@takes(host=TEXT, before=_GENERATION, show=Parameter(optional(one_of(["all"]))))
@live(one_app)
def show_app(name: str, host: str | None, before: int | None, show: str | None) -> Page:
    """One app; with `host`, only such hosts, all of them with `show=all`.

    With `before`, the releases before that generation.
    """
    who, bridge = demand("read", name), current_bridge()
    app = declared_app(bridge.store, visible_apps(), name)
    with bridge.store.read() as connection:
        details = app_details(connection, name, app, host=host or "", before=before)
    values = {
        "app": details,
        "settings": app,
        "host": host or "",
        "before": before,
        "most": len(details.overview.cells) if show else _MOST_HOSTS,
        "may_operate": who.may("operate", name),
    }
    return Page("app.html", name, values, here="fleet")
