# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about whoever looks: what they may do, and where they have signed in."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webhook_bridge.domain.users import Session
from webhook_bridge.operations.signing_in import end_session
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import sessions
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.session_cookie import current_session
from webhook_bridge.web.sign_in import page, to

blueprint = Blueprint("account", __name__)


@blueprint.before_request
def demand_session() -> Response | None:
    """Return the way to signing in; None to whoever has."""
    if current_session() is not None:
        return None
    return to("/sign-in?next=/account" if request.method == "GET" else "/sign-in")


@blueprint.get("/account")
@takes_anything
def show_account() -> Response:
    """Show one's own roles and sessions."""
    own = _own_session()
    with current_bridge().store.read() as connection:
        found = sessions.of(connection, own.user.id)
    rows = [_row(one, is_this=one.id_hash == own.id_hash) for one in found]
    roles = own.user.grants.sentence()
    is_admin = own.user.allowed.may("admin")
    return page("account", 200, name=own.user.name, roles=roles, sessions=rows, is_admin=is_admin)


@blueprint.post("/account/sessions/<handle>/end")
@takes_anything
def end_one(handle: str) -> Response:
    """End one of one's own sessions."""
    own = _own_session()
    end_session(current_bridge().store, handle, actor=own.user.actor, of_user=own.user.id)
    return to("/account")


def _own_session() -> Session:
    found = current_session()
    assert found is not None  # noqa: S101 -- demand_session has looked
    return found


def _row(one: Session, *, is_this: bool) -> dict[str, object]:
    used = current_bridge().last_used.of_session(one.id_hash, one.used_at)
    return {
        "handle": one.handle,
        "method": one.method,
        "address": one.address,
        "agent": one.agent,
        "since": timestamp(one.created_at),
        "used": timestamp(used),
        "until": timestamp(one.expires_at),
        "is_this": is_this,
    }
