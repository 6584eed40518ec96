# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SQS, asked by boto3. Only `sqs.py` imports this, and only where a queue is configured.

Facts: docs.aws.amazon.com/AWSSimpleQueueService "ReceiveMessage" (at most 10 messages, a long poll
of at most 20 s), "ChangeMessageVisibility" (at most 12 hours in all), "Amazon SQS visibility
timeout". An answer that a client does not wait for leaves its messages hidden, not deleted.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from webhook_bridge.queues.base import Message, QueueUnavailable, as_header, first_line

_MOST = 10
_LONG_POLL_S = 20
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=_LONG_POLL_S + 10,
    retries={"mode": "standard"},
    user_agent_extra="longshore",
)


class SqsQueue:
    """One queue. Its client is made anew after a failure: credentials may have been replaced."""

    def __init__(
        self, url: str, *, region: str | None, endpoint_url: str | None, hidden_s: int
    ) -> None:
        self._url = url
        self._region = region
        self._endpoint_url = endpoint_url
        self._hidden_s = hidden_s
        self._client: Any = None

    def receive(self) -> Sequence[Message]:
        """Wait for messages, 20 s at most; the first time, or after a failure, only look."""
        wait = 0 if self._client is None else _LONG_POLL_S
        answer = self._ask(
            "receive_message",
            MaxNumberOfMessages=_MOST,
            WaitTimeSeconds=wait,
            VisibilityTimeout=self._hidden_s,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
        return [_message(found) for found in answer.get("Messages", ())]

    def hide(self, messages: Sequence[Message]) -> None:
        """Begin the visibility timeout anew."""
        self._change_visibility(messages, self._hidden_s)

    def give_back(self, messages: Sequence[Message]) -> None:
        """End the visibility timeout."""
        self._change_visibility(messages, 0)

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete them, in one request."""
        self._ask_for_all("delete_message_batch", messages)

    def look(self) -> None:
        """Ask for the queue's name."""
        self._ask("get_queue_attributes", AttributeNames=["QueueArn"])

    def _change_visibility(self, messages: Sequence[Message], seconds: int) -> None:
        self._ask_for_all("change_message_visibility_batch", messages, VisibilityTimeout=seconds)

    def _ask_for_all(self, operation: str, messages: Sequence[Message], **each: object) -> None:
        """Ask for something with every message; there are never more than one request takes."""
        entries = [
            {"Id": str(number), "ReceiptHandle": message.receipt, **each}
            for number, message in enumerate(messages)
        ]
        answer = self._ask(operation, Entries=entries)
        for failed in answer.get("Failed", ()):
            raise QueueUnavailable(first_line(f"{failed.get('Code')}: {failed.get('Message', '')}"))

    def _ask(self, operation: str, **arguments: object) -> Mapping[str, Any]:
        try:
            if self._client is None:
                self._client = self._connected()
            answer: Mapping[str, Any] = getattr(self._client, operation)(
                QueueUrl=self._url, **arguments
            )
        except (BotoCoreError, ClientError) as error:
            self._client = None
            raise QueueUnavailable(_sentence(error)) from None
        return answer

    def _connected(self) -> Any:
        # A session of its own: the default one is shared, and keeps what credentials it found.
        session = boto3.session.Session(region_name=self._region)
        return session.client("sqs", endpoint_url=self._endpoint_url, config=_CONFIG)


def _message(found: Mapping[str, Any]) -> Message:
    system = found.get("Attributes", {})
    texts = {
        name: value["StringValue"]
        for name, value in found.get("MessageAttributes", {}).items()
        if "StringValue" in value
    }
    return Message(
        id=found["MessageId"],
        receipt=found["ReceiptHandle"],
        # Half a surrogate pair becomes bytes that are no UTF-8, which is a reader's to refuse.
        body=found.get("Body", "").encode("utf-8", "surrogatepass"),
        headers={name: as_header(text) for name, text in texts.items()},
        sent_at=int(system.get("SentTimestamp", time.time() * 1000)) / 1000,
        times_received=int(system.get("ApproximateReceiveCount", 1)),
    )


def _sentence(error: BotoCoreError | ClientError) -> str:
    """Return what AWS says, or boto3."""
    if not isinstance(error, ClientError):
        return first_line(str(error))
    found = error.response.get("Error", {})
    return first_line(f"{found.get('Code')}: {found.get('Message', '')}")
