# SPDX-License-Identifier: GPL-3.0-or-later
"""What a token opens: reading needs `read`, anything else `operate`; one app's, for that app.

What belongs to no app (deliveries, refused requests) tells of all of them, so a token for some apps
does not open it, and no route that is added before somebody thought of it here.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

from webhook_bridge.domain.roles import Role
from webhook_bridge.operations.declared import declared_app
from webhook_bridge.operations.serializers import one_of
from webhook_bridge.store import runs
from webhook_bridge.web.callers import Caller
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import error_response

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_APPS = "/api/v1/apps/<name>"
_RUNS = "/api/v1/runs/<start_of_id>"
# Their views leave out what is not of the caller's apps.
_LISTS = frozenset(
    {
        "/api/v1/apps",
        "/api/v1/runs",
        "/api/v1/events",
        "/api/v1/inventory",
        "/api/v1/openapi.json",
    }
)


def demand_permission(caller: Caller) -> Response | None:
    """Return the answer to what a caller may not do; None to what it may.

    Raises NotFound for a run of an app that it does not see, as for one that there is not.
    """
    if request.url_rule is None:
        return None
    role: Role = "read" if request.method in _READING else "operate"
    if caller.may(role) or (caller.apps is not None and _may_here(caller, role)):
        return None
    needed = f"{caller.actor} may not do this: it needs a token with the scope {role}"
    return error_response(HTTPStatus.FORBIDDEN, "forbidden", f"{needed}{_of_what(caller)}")


def _may_here(caller: Caller, role: Role) -> bool:
    rule = str(request.url_rule)
    if rule in _LISTS:
        return role == "read"
    app = _app(caller, rule)
    return app is not None and caller.may(role, app)


def _app(caller: Caller, rule: str) -> str | None:
    """Return the app that a request is about; None for all else."""
    values = request.view_args or {}
    if rule.startswith(_APPS):
        name = str(values["name"])
        if caller.may("read", name):
            _demand_declared(caller, name)
        return name
    return _app_of_run(caller, str(values["start_of_id"])) if rule.startswith(_RUNS) else None


def _demand_declared(caller: Caller, name: str) -> None:
    """Raise NotFound for an app that is not declared, which names those that the caller sees."""
    bridge = current_bridge()
    apps = bridge.apps.current()
    declared_app(bridge.store, {one: apps[one] for one in apps if caller.may("read", one)}, name)


def _app_of_run(caller: Caller, start_of_id: str) -> str:
    with current_bridge().store.read() as connection:
        return one_of(
            lambda conn, start: [
                one for one in runs.find(conn, start) if caller.may("read", one.app)
            ],
            connection,
            start_of_id,
            what="run",
        ).app


def _of_what(caller: Caller) -> str:
    if caller.apps is None:
        return ""
    return f"; this one is for {', '.join(sorted(caller.apps)) or 'no app'} alone"
