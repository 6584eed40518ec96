# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks: what to give the sender, whether it is heard of, and a new secret."""

from __future__ import annotations

import time

from flask import render_template

from webhook_bridge.operations.explanation import hook_named
from webhook_bridge.operations.hook_overview import hook_overviews
from webhook_bridge.operations.rotation import rotate, secret_file_of
from webhook_bridge.web.current import current_bridge, public_url
from webhook_bridge.web.pages.access import demand, page_blueprint
from webhook_bridge.web.pages.confirming import Question, confirm
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.once import once
from webhook_bridge.web.pages.shows import every_commit
from webhook_bridge.web.questions import takes_anything

blueprint = page_blueprint("hook_pages")
_KEPT_S = 86400.0


@blueprint.get("/hooks")
@live(every_commit)
def list_hooks() -> Page:
    """All hooks: those first whose senders are silent."""
    demand("read")
    bridge = current_bridge()
    with bridge.store.read() as connection:
        found = hook_overviews(connection, bridge.settings.hooks, bridge.apps.current())
    values = {"hooks": found, "polls": bridge.settings.poll.every}
    return Page("hooks.html", "Hooks", values, here="hooks")


@blueprint.get("/hook/<name>")
@live(every_commit)
def show_hook(name: str) -> Page:
    """One hook: its address, step by step, and what came."""
    who, bridge = demand("read"), current_bridge()
    hook = hook_named(bridge.settings.hooks, name)
    with bridge.store.read() as connection:
        [found] = hook_overviews(connection, {name: hook}, bridge.apps.current())
    values = {
        "view": found,
        "hook": hook,
        "scheme": hook.sender.scheme,
        "base": public_url(),
        "may_admin": who.may("admin"),
    }
    return Page("hook.html", f"Hook {name}", values, here="hooks")


@blueprint.get("/hook/<name>/rotate")
def ask_rotate(name: str) -> str:
    """Say what a new secret means."""
    demand("admin")
    secret_file_of(hook_named(current_bridge().settings.hooks, name))
    says = [
        "The new secret is shown once, on the next page. Give it to the sender.",
        "The secret before stays good for 24 hours, so nothing is lost meanwhile.",
    ]
    path = f"/hook/{name}"
    return confirm(
        Question(
            f"Make a new secret for hook {name}?",
            "Rotate",
            f"{path}/rotate",
            path,
            says,
            here="hooks",
        )
    )


@blueprint.post("/hook/<name>/rotate")
@takes_anything
@once
def do_rotate(name: str) -> str:
    """Give a hook a new secret, and show it once."""
    who, bridge = demand("admin"), current_bridge()
    hook = hook_named(bridge.settings.hooks, name)
    secret = rotate(bridge.store, hook, actor=who.actor, keep_old_for=_KEPT_S)
    return render_template(
        "rotated.html",
        title=f"New secret of hook {name}",
        here="hooks",
        hook=hook,
        scheme=hook.sender.scheme,
        secret=secret,
        base=public_url(),
        old_until=time.time() + _KEPT_S,
    )
