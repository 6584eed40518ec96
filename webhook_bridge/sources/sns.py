# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon ECR through an HTTPS subscription of an SNS topic.

Facts: docs.aws.amazon.com/sns "Parsing HTTP/HTTPS message formats", "Verifying the signatures of
Amazon SNS messages". ECR's event is a text inside the message. A subscription waits for a
confirmation: it is given at Amazon's own address for the topic's region, built here from the signed
topic and token; the address in the message is not used. Raw message delivery has no signature and
is therefore refused.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

from webhook_bridge.authentication import Scheme
from webhook_bridge.authentication.fetched import Unavailable, get
from webhook_bridge.authentication.sns import SnsSignature, host_of
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown
from webhook_bridge.sources.base import JSON, Source
from webhook_bridge.sources.ecr import read_image_action
from webhook_bridge.sources.json_paths import id_at, object_or_nothing
from webhook_bridge.sources.pushes import NotAPush, Push, unexpected_shape
from webhook_bridge.strict_json import parse_object

_CONFIRMATION = "SubscriptionConfirmation"


def _topic(text: str) -> str:
    if host_of(text) is None:
        raise ValueError(f"{shown(text)} must be a topic: arn:aws:sns:REGION:ACCOUNT:NAME")
    return text


class AmazonSns(Source):
    """Messages of the topics that the hook names."""

    content_types: ClassVar[frozenset[str]] = JSON | {"text/plain"}

    source: Literal["sns"]
    topics: tuple[Annotated[str, AfterValidator(_topic)], ...] = Field(min_length=1)

    @property
    def scheme(self) -> Scheme:
        """Amazon's signature; no secret is shared."""
        return SnsSignature(self.topics)

    def delivery_id(self, received: InboundRequest, /) -> str | None:
        """Return the message's id, which a repeat has too."""
        return id_at(received, "MessageId")

    def confirm(self, received: InboundRequest, /) -> str | None:
        """Confirm a subscription of an allowed topic."""
        message = object_or_nothing(received.body)
        if message.get("Type") != _CONFIRMATION:
            return None
        topic, token = str(message.get("TopicArn")), str(message.get("Token"))
        query = urlencode({"Action": "ConfirmSubscription", "TopicArn": topic, "Token": token})
        try:
            get(f"https://{host_of(topic)}/?{query}")
        except Unavailable as error:
            return f"the subscription of {topic} was not confirmed: {error}".replace(token, "…")
        return None

    def read(self, received: InboundRequest) -> list[Push | NotAPush]:
        """Return the push of the event inside a notification."""
        message = parse_object(received.body)
        kind = message.get("Type")
        if not isinstance(kind, str):
            return [unexpected_shape("The body has no 'Type': is raw message delivery on?")]
        if kind == _CONFIRMATION:
            return [NotAPush("not_a_push", "The subscription of the topic was confirmed.")]
        if kind != "Notification":
            return [NotAPush("not_a_push", f"The message is {shown(kind)}.")]
        text = message.get("Message")
        inside = object_or_nothing(text.encode()) if isinstance(text, str) else {}
        return [read_image_action(inside, configured=self.registry)]
