# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may sign in: the operations of `longshore user`, for admins of all apps.

Nobody takes their own rights away here: somebody else does, or the command line.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template
from werkzeug.wrappers import Response

from webhook_bridge.domain.roles import ROLES, Role
from webhook_bridge.domain.users import User
from webhook_bridge.errors import Refused
from webhook_bridge.operations import users as operation
from webhook_bridge.store import sessions, tokens, users
from webhook_bridge.web.current import current_bridge, public_url
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_apps
from webhook_bridge.web.pages.asked import app_fields, form_field
from webhook_bridge.web.pages.confirming import Question, confirm
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.questions import takes_anything
from webhook_bridge.web.visitors import Visitor

blueprint = page_blueprint("user_pages")
_SEE_OTHER = 303
_LINK_GOOD_FOR_S = 3600.0
_HERE = "account"


@blueprint.get("/users")
@live()
def list_users() -> Page:
    """All users, what they may do, and when they signed in last."""
    demand("admin")
    with current_bridge().store.read() as connection:
        found = users.all_of_them(connection)
    form = ("add_user", {"roles": ROLES, "apps": sorted(current_bridge().apps.current())})
    return Page("users.html", "Users", {"users": found}, here=_HERE, rest=lambda: form)


@blueprint.post("/users")
@takes_anything
@once
def add_user() -> str:
    """Add a user, and show the sign-in link once."""
    who, store = demand("admin"), current_bridge().store
    name, role, apps = form_field("name") or "", _role(), app_fields(visible_apps())
    if role is None:
        raise Refused("malformed", f"form: role: must be one of {', '.join(ROLES)}")
    good_for = _LINK_GOOD_FOR_S
    secret = operation.add_user(
        store, name, role=role, apps=apps, link_for=good_for, actor=who.actor
    )
    return _link_page(name, secret)


@blueprint.get("/users/<name>")
@live()
def show_user(name: str) -> Page:
    """One user: roles, sessions and tokens, and what can be done about them."""
    who = demand("admin")
    with current_bridge().store.read() as connection:
        user = operation.one_user(connection, name)
        found = sessions.of(connection, user.id)
        owned = [one for one in tokens.all_of_them(connection) if _owns(user, one.owner)]
    values = {"user": user, "sessions": found, "tokens": owned, "is_own": user.name == who.name}
    form = {"user": user, "roles": ROLES, "apps": sorted(current_bridge().apps.current())}
    is_theirs = user.identity is None and user.name != who.name
    rest = (lambda: ("role_form", form)) if is_theirs else None
    return Page("user.html", f"User {user.name}", values, here=_HERE, rest=rest)


@blueprint.post("/users/<name>/role")
@takes_anything
def set_role(name: str) -> Response:
    """Give a user another role, for all apps or for some."""
    who = _may_change(name)
    store, apps = current_bridge().store, app_fields(visible_apps())
    operation.set_role(store, name, role=_role(), apps=apps, actor=who.actor)
    return _to(name)


@blueprint.get("/users/<name>/link")
def ask_link(name: str) -> str:
    """Say what another link means."""
    says = [
        "The link is shown once, on the next page; it signs in whoever has it, once, for an hour.",
        "A link that was made before opens nothing any more.",
    ]
    return _ask(name, f"Make a sign-in link for {name}?", "Make the link", "link", says)


@blueprint.post("/users/<name>/link")
@takes_anything
@once
def make_link(name: str) -> str:
    """Make another sign-in link, and show it once."""
    who, store = demand("admin"), current_bridge().store
    secret = operation.new_link(store, name, good_for=_LINK_GOOD_FOR_S, actor=who.actor)
    return _link_page(name, secret)


@blueprint.get("/users/<name>/disable")
def ask_disable(name: str) -> str:
    """Say what disabling a user does."""
    says = [
        "Their sessions and links end at once, and their tokens are revoked.",
        "They stay known, and may be enabled again; tokens do not come back.",
    ]
    return _ask(name, f"Disable {name}?", "Disable", "disable", says, is_dangerous=True)


@blueprint.post("/users/<name>/disable")
@takes_anything
def disable(name: str) -> Response:
    """Let a user do nothing from now on."""
    who = _may_change(name)
    operation.disable_user(current_bridge().store, name, actor=who.actor)
    return _to(name)


@blueprint.get("/users/<name>/enable")
def ask_enable(name: str) -> str:
    """Say what enabling a user does."""
    return _ask(name, f"Enable {name}?", "Enable", "enable", ["They may sign in again."])


@blueprint.post("/users/<name>/enable")
@takes_anything
def enable(name: str) -> Response:
    """Let a user sign in again."""
    who = _may_change(name)
    operation.enable_user(current_bridge().store, name, actor=who.actor)
    return _to(name)


@blueprint.get("/users/<name>/remove")
def ask_remove(name: str) -> str:
    """Say what removing a user does."""
    says = [
        "Their sessions, links and tokens end at once, and they are forgotten.",
        "What they did stays in the events, under their name.",
    ]
    return _ask(name, f"Remove {name}?", "Remove", "remove", says, is_dangerous=True)


@blueprint.post("/users/<name>/remove")
@takes_anything
def remove(name: str) -> Response:
    """Remove a user."""
    who = _may_change(name)
    operation.remove_user(current_bridge().store, name, actor=who.actor)
    return redirect("/users", _SEE_OTHER)


def _ask(
    name: str,
    title: str,
    button: str,
    action: str,
    says: Sequence[str],
    *,
    is_dangerous: bool = False,
) -> str:
    demand("admin")
    with current_bridge().store.read() as connection:
        path = f"/users/{operation.one_user(connection, name).name}"
    asked = Question(
        title, button, f"{path}/{action}", path, says, is_dangerous=is_dangerous, here=_HERE
    )
    return confirm(asked)


def _may_change(name: str) -> Visitor:
    """Return who asks; raise Refused where they ask for themselves."""
    who = demand("admin")
    if name == who.name:
        raise Refused(
            "own_user",
            f"{name} is you: another admin changes what you may do, or the command line: "
            "longshore user",
        )
    return who


def _role() -> Role | None:
    """Return the role of the form; None for `none`. Raises Refused for another word."""
    text = form_field("role")
    if text not in (*ROLES, "none"):
        raise Refused("malformed", f"form: role: must be one of {', '.join(ROLES)}, none")
    return next((one for one in ROLES if one == text), None)


def _owns(user: User, owner: User | None) -> bool:
    return owner is not None and owner.id == user.id


def _link_page(name: str, secret: str) -> str:
    address = f"{public_url()}/sign-in/link/{secret}"
    title = f"Sign-in link of {name}"
    return render_template("user_link.html", title=title, here=_HERE, name=name, address=address)


def _to(name: str) -> Response:
    return redirect(f"/users/{name}", _SEE_OTHER)
