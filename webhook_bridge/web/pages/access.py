# SPDX-License-Identifier: GPL-3.0-or-later
"""Let nobody see a page who has not signed in, nor do what their role does not allow."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request

from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.serializers import one_of
from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.store import runs
from webhook_bridge.web.audience import is_for_person
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import error_response
from webhook_bridge.web.visitors import Role, Visitor, current_visitor
from webhook_bridge.web.wanted_page import keep_wanted


def page_blueprint(name: str) -> Blueprint:
    """Return a blueprint whose views have a visitor."""
    blueprint = Blueprint(name, f"webhook_bridge.web.pages.{name}")
    blueprint.before_request(demand_visitor)
    return blueprint


def demand_visitor() -> Response | None:
    """Return the page that says how to sign in; None to somebody who has."""
    if current_visitor() is not None:
        # waitress keeps the connections of those alone who are known.
        request.environ[PROVEN] = True
        return None
    if not is_for_person():
        return error_response(401, "unauthorized", "sign in first: longshore user add NAME")
    way_back = request.full_path.rstrip("?")
    shown = render_template("sign_in.html", way_back=way_back)
    return keep_wanted(Response(shown, status=401, mimetype="text/html"), way_back)


def visitor() -> Visitor:
    """Return who asks, in a view of a page."""
    found = current_visitor()
    if found is None:
        abort(401)
    return found


def demand(action: Role, app: str | None = None) -> Visitor:
    """Return who asks, who may do this; raise 403 for anybody else."""
    found = visitor()
    if not found.may(action, app):
        of = "for all apps" if app is None else f"of {app}"
        abort(403, f"{found.name} may not do this: it needs the role {action} {of}")
    return found


def visible_run(start_of_id: str) -> Run:
    """Return the run whose id starts so, of those that the visitor may see.

    Raises NotFound for one of another app, as for one that there is not.
    """
    who = visitor()
    with current_bridge().store.read() as connection:
        return one_of(
            lambda conn, start: [one for one in runs.find(conn, start) if who.may("read", one.app)],
            connection,
            start_of_id,
            what="run",
        )


def visible_apps() -> Apps:
    """Return the declared apps that the visitor may see."""
    who = visitor()
    apps = current_bridge().apps.current()
    return {name: app for name, app in apps.items() if who.may("read", name)}
