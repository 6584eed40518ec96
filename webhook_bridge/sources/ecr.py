# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon ECR through an EventBridge API destination.

Facts: docs.aws.amazon.com/AmazonECR "Amazon ECR events and EventBridge"; docs.aws.amazon.com/
eventbridge "API destinations": the connection's API key is a header of one's own, or basic. Five
seconds; repeats for a day after 401, 407, 409, 429 and 5xx, so a duplicate must not get one of
these. Events are best effort. The parts of an image for several platforms have no tag.
"""

from __future__ import annotations

import re
from typing import Literal

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.artifacts import artifact
from webhook_bridge.sources.cloudevents import read_cloud_event
from webhook_bridge.sources.full_reference import other_registry
from webhook_bridge.sources.json_paths import id_at
from webhook_bridge.sources.pushes import NotAPush, Push, push_of, unexpected_shape
from webhook_bridge.sources.static_header import StaticHeader
from webhook_bridge.strict_json import parse_object

_ACTIONS = frozenset({"PUSH", "REPLICATE"})
# docs.aws.amazon.com/AWSEC2 "Monitor state changes", docs.aws.amazon.com/autoscaling "Amazon EC2
# Auto Scaling event reference". Such an event names no host: which there are, the inventory says.
_OF_INSTANCES = frozenset(
    {
        "EC2 Instance State-change Notification",
        "EC2 Instance Launch Successful",
        "EC2 Instance Terminate Successful",
        "EC2 Instance-launch Lifecycle Action",
        "EC2 Instance-terminate Lifecycle Action",
    }
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}")


class AmazonEcr(StaticHeader):
    """ECR's image actions of one account, or of several that share an event bus."""

    source: Literal["ecr"]

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the event's id; EventBridge delivers at least once."""
        return id_at(received, "id")

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event."""
        payload = parse_object(received.body)
        if "specversion" in payload:  # what an input transformer may make of the event
            return [read_cloud_event(payload, registry=self.registry)]
        return [read_image_action(payload, configured=self.registry)]


def read_image_action(payload: dict[str, object], *, configured: str | None) -> Push | NotAPush:
    """Return the push of an event as EventBridge hands it over."""
    kind = payload.get("detail-type")
    if isinstance(kind, str) and kind in _OF_INSTANCES:
        return NotAPush("hosts_changed", f"{shown(kind)}: the inventory is read.")
    detail = payload.get("detail")
    if not isinstance(detail, dict):
        return unexpected_shape("The body has no object 'detail'")
    action, result = detail.get("action-type"), detail.get("result")
    if not isinstance(action, str) or action not in _ACTIONS:
        return NotAPush("not_a_push", f"The action is {shown(action)}, not 'PUSH'.")
    if result != "SUCCESS":
        return NotAPush("not_a_push", f"The push's result is {shown(result)}.")
    kind = artifact(detail.get("artifact-media-type"))
    if kind:
        return NotAPush("not_an_image", f"{kind} was pushed.")
    return _read_push(payload, detail, configured)


def _read_push(
    payload: dict[str, object], detail: dict[str, object], configured: str | None
) -> Push | NotAPush:
    registry = _registry(payload.get("account"), payload.get("region"))
    if registry is None:
        return unexpected_shape("The event has no 'account' and 'region'")
    if configured is not None and registry != configured:
        return other_registry(registry, configured)
    return push_of(
        repository=detail.get("repository-name"),
        tag=detail.get("image-tag"),
        digest=detail.get("image-digest"),
        registry=registry,
    )


def _registry(account: object, region: object) -> str | None:
    """Return the registry of an account in a region, as images name it."""
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        return None
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        return None
    ending = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{account}.dkr.ecr.{region}.{ending}"
