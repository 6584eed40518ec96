# SPDX-License-Identifier: GPL-3.0-or-later
"""What would come of a push, and why."""

from __future__ import annotations

from flask import render_template

from webhook_bridge.domain.inbound import LARGEST_BODY
from webhook_bridge.errors import Refused
from webhook_bridge.operations.delivery_serializers import one_delivery
from webhook_bridge.operations.explained_delivery import question_about
from webhook_bridge.operations.explanation import Claim, Explanation, explain, hook_named
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import demand, page_blueprint
from webhook_bridge.web.pages.asked import TEXT, form_field
from webhook_bridge.web.questions import takes, takes_anything
from webhook_bridge.web.thread_share import asks_registry

blueprint = page_blueprint("explain")


@blueprint.get("/explain")
@takes(hook=TEXT, repository=TEXT, tag=TEXT, delivery=TEXT)
def ask_explain(
    hook: str | None, repository: str | None, tag: str | None, delivery: str | None
) -> str:
    """The question: which sender, and what it would tell; with `delivery`, what that one told."""
    demand("read")
    if delivery is not None:
        return _page(_asked_of(delivery), None)
    return _page({"hook": hook or "", "repository": repository or "", "tag": tag or ""}, None)


@blueprint.post("/explain")
@takes_anything
@asks_registry
def do_explain() -> str:
    """The answer: nothing is stored, the registry is asked."""
    demand("operate")
    bridge = current_bridge()
    asked = {name: form_field(name) or "" for name in ("hook", "repository", "tag")}
    asked["body"] = form_field("body", longest=LARGEST_BODY) or ""
    if not asked["body"] and not asked["repository"]:
        raise Refused("malformed", "form: give a repository, or paste a body")
    hook = hook_named(bridge.settings.hooks, asked["hook"])
    claim = Claim(hook, asked["repository"], asked["tag"], asked["body"].encode())
    found = explain(
        bridge.store,
        claim,
        hooks=bridge.settings.hooks,
        apps=bridge.apps.current(),
        registry=bridge.registry,
        patience=bridge.settings.deploy.registry_patience,
    )
    return _page(asked, found)


def _asked_of(start_of_id: str) -> dict[str, str]:
    bridge = current_bridge()
    with bridge.store.read() as connection:
        found = one_delivery(connection, start_of_id)
    return question_about(found, hooks=bridge.settings.hooks, apps=bridge.apps.current())


def _page(asked: dict[str, str], found: Explanation | None) -> str:
    bridge = current_bridge()
    apps = bridge.apps.current()
    return render_template(
        "explain.html",
        title="Explain",
        here="explain",
        asked=asked,
        found=found,
        hooks=sorted(bridge.settings.hooks),
        repositories=sorted({app.image.repository for app in apps.values()}),
        may_ask=demand("read").may("operate"),
    )
