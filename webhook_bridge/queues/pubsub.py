# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Pub/Sub, by pulling: the table of a hook's queue.

Facts: cloud.google.com/pubsub "Pull subscriptions", reference of the REST API v1; "Resource names"
(a name has 3 to 255 characters); a deadline of an acknowledgement is 10 to 600 seconds.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from ansible_collections.longshore.containers.plugins.plugin_utils._durations import duration
from pydantic import AfterValidator, BeforeValidator, Field

from webhook_bridge.queues.addresses import endpoint
from webhook_bridge.queues.base import LONGEST_NAME, Queue, QueueTable

_SUBSCRIPTION = r"^projects/[a-z0-9.:-]+/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]+$"


class PubSubTable(QueueTable):
    """A pull subscription; credentials come as google-auth finds them, never from this table."""

    package: ClassVar[str] = "google.auth"
    distribution: ClassVar[str] = "google-auth"
    extra: ClassVar[str] = "google"

    service: Literal["pubsub"]
    subscription: Annotated[str, Field(pattern=_SUBSCRIPTION, max_length=400)]
    endpoint_url: Annotated[str, AfterValidator(endpoint)] = "https://pubsub.googleapis.com"
    """Where Pub/Sub is asked; plain HTTP is an emulator on this machine, without credentials."""
    ack_deadline: Annotated[float, BeforeValidator(duration), Field(ge=10, le=600)] = 120.0
    """Seconds that a message we received is hidden from others, whatever the subscription says."""

    @property
    def name(self) -> str:
        """The subscription's own name, after the service's."""
        return f"pubsub:{self.subscription.rpartition('/')[2]}"[:LONGEST_NAME]

    @property
    def place(self) -> str:
        """The subscription, with its project."""
        return self.subscription

    def open(self) -> Queue:
        """Return the subscription, read by google-auth and requests."""
        from webhook_bridge.queues.pubsub_client import PubSubQueue  # noqa: PLC0415 -- an extra

        return PubSubQueue(
            f"{self.endpoint_url}/v1/{self.subscription}",
            hidden_s=int(self.ack_deadline),
            anonymous=self.endpoint_url.startswith("http:"),
        )
