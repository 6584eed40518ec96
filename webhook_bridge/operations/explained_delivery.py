# SPDX-License-Identifier: GPL-3.0-or-later
"""What to ask Explain about a delivery that came: its push by name, or its body."""

from __future__ import annotations

from collections.abc import Mapping

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.inbound import LARGEST_BODY, InboundRequest
from webhook_bridge.intake.parsing import POLL, read_delivery
from webhook_bridge.sources.pushes import Push


def question_about(delivery: Delivery, *, hooks: Mapping[str, Hook], apps: Apps) -> dict[str, str]:
    """Return the fields `hook`, `repository`, `tag` and `body` that ask about a delivery.

    A body that claims something else than one push is asked about itself; one that is longer than
    a form takes is left out.
    """
    empty = {"hook": delivery.hook, "repository": "", "tag": "", "body": ""}
    if delivery.source == POLL:
        return {**empty, **_polled(delivery, apps)}
    push = _only_push(delivery, hooks.get(delivery.hook))
    if push is not None:
        return {**empty, "repository": _repository(push), "tag": push.tag or ""}
    if len(delivery.body) > LARGEST_BODY:
        return empty
    return {**empty, "body": delivery.body.decode("utf-8", "replace")}


def _polled(delivery: Delivery, apps: Apps) -> dict[str, str]:
    for one in read_delivery(delivery, hooks={}, apps=apps).candidates:
        return {"repository": one.image.repository, "tag": one.tag or ""}
    return {}


def _only_push(delivery: Delivery, hook: Hook | None) -> Push | None:
    if hook is None or hook.source != delivery.source:
        return None
    request = InboundRequest(delivery.headers, delivery.body, delivery.received_at)
    try:
        [only] = hook.sender.read(request)
    except ValueError:
        # The body cannot be read, or claims several things.
        return None
    return only if isinstance(only, Push) else None


def _repository(push: Push) -> str:
    return f"{push.registry}/{push.repository}" if push.registry else push.repository
