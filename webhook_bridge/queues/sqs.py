# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SQS: the table of a hook's queue.

Facts: docs.aws.amazon.com/AWSSimpleQueueService "Amazon SQS queue and message identifiers" (the
queue's URL; a name has 80 characters at most), "Setting up interface endpoints for Amazon SQS".
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from ansible_collections.longshore.containers.plugins.plugin_utils._durations import duration
from pydantic import AfterValidator, BeforeValidator, Field

from webhook_bridge.queues.addresses import endpoint, parsed_address
from webhook_bridge.queues.base import LONGEST_NAME, Queue, QueueTable

_REGION_OF_HOST = re.compile(
    r"(?:.*\.)?sqs(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})\."
)
_PATH = re.compile(r"(?:/[A-Za-z0-9._-]+)+")
_EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"


def _queue_url(text: str) -> str:
    if not _PATH.fullmatch(parsed_address(text).path):
        raise ValueError(f"must name a queue, for example {_EXAMPLE}")
    return text


class SqsTable(QueueTable):
    """A queue of Amazon SQS; credentials come as boto3 finds them, never from this table."""

    package: ClassVar[str] = "boto3"
    distribution: ClassVar[str] = "boto3"
    extra: ClassVar[str] = "aws"

    service: Literal["sqs"] = "sqs"
    url: Annotated[str, AfterValidator(_queue_url)]
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] | None = None
    """Where none is written: that of the URL, or else what boto3 is configured for."""
    endpoint_url: Annotated[str, AfterValidator(endpoint)] | None = None
    """Where SQS is asked instead of its public address: a VPC endpoint, an emulator."""

    visibility_timeout: Annotated[float, BeforeValidator(duration), Field(ge=10, le=43200)] = 120.0
    """Seconds that a message we received is hidden from others; waiting for the store, we ask for
    more. Long enough for it to be on its way to us and to be stored; no longer than a crash should
    keep it from whoever is next."""

    @property
    def name(self) -> str:
        """The last part of the URL, after the service's name."""
        return f"sqs:{self.url.rpartition('/')[2]}"[:LONGEST_NAME]

    @property
    def place(self) -> str:
        """The URL."""
        return self.url

    @property
    def region_name(self) -> str | None:
        """The region to sign for; None: what boto3 is configured for."""
        found = _REGION_OF_HOST.match(urlsplit(self.url).hostname or "")
        return self.region or (found["region"] if found else None)

    def open(self) -> Queue:
        """Return the queue, read by boto3."""
        from webhook_bridge.queues.sqs_client import SqsQueue  # noqa: PLC0415 -- boto3 is an extra

        return SqsQueue(
            self.url,
            region=self.region_name,
            endpoint_url=self.endpoint_url,
            hidden_s=int(self.visibility_timeout),
        )
