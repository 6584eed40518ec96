# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a message of a hook's queue: a delivery like any, or one that is refused.

Attributes are the headers that the sender gave. Of what a topic of Amazon SNS hands over, the
envelope is taken off: facts from docs.aws.amazon.com/sns "Amazon SNS message and JSON formats" (a
`Notification` has `Type`, `MessageId`, `TopicArn`, `Message`, perhaps `MessageAttributes`) and
"Amazon SNS raw message delivery" (then there is none).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from webhook_bridge.authentication import SECRET_HEADERS, verify
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import MESSAGE_ID, NewDelivery, NewRejected
from webhook_bridge.domain.inbound import LARGEST_BODY, InboundRequest
from webhook_bridge.queues.base import Message, QueueTable
from webhook_bridge.receiving.rejected_requests import rejection
from webhook_bridge.redaction import redacted_headers
from webhook_bridge.sources.json_paths import at, object_or_nothing

PATH_SECRET = "Longshore-Path-Secret"  # noqa: S105 -- the name of an attribute
"""The attribute that stands for the last part of the path, where the secret is there over HTTP."""
_OURS = "longshore-"
TOPIC = "X-Amz-Sns-Topic-Arn"
"""As SNS itself calls it over HTTP."""


@dataclass(frozen=True)
class _Refusal:
    """What a request is answered that is refused for the same reason."""

    status: HTTPStatus
    code: str


_UNPROVEN = _Refusal(HTTPStatus.UNAUTHORIZED, "unauthorized")
_TOO_LARGE = _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_entity_too_large")


@dataclass(frozen=True)
class _Content:
    """What a sender sent, without what the services on the way put around it."""

    id: str
    body: bytes
    headers: Mapping[str, str]


def read_message(
    message: Message, hook: Hook, queue: QueueTable, secrets: Sequence[bytes]
) -> NewDelivery | NewRejected:
    """Return what is to be stored of a message; who sent it is looked at, not what it says."""
    content = _content(message)
    received = InboundRequest(
        _senders_own(content.headers), content.body, message.sent_at, _path_secret(content)
    )
    if len(received.body) > LARGEST_BODY:  # Pub/Sub takes 10 MB
        reason = f"the body has {len(received.body)} bytes; at most {LARGEST_BODY} are taken"
        return _refused(received, hook, queue, _TOO_LARGE, reason)
    reason = _unproven(received, hook, queue, secrets)
    if reason:
        return _refused(received, hook, queue, _UNPROVEN, reason)
    return NewDelivery(
        hook=hook.name,
        source=hook.source,
        remote=queue.name,
        headers=_stored(received.headers, hook) | {MESSAGE_ID: content.id},
        body=received.body,
        received_at=time.time(),
    )


def given_up(hook: Hook, queue: QueueTable, body: bytes, *, times: int) -> NewRejected:
    """Return what is kept of a message that a fault of ours makes no delivery of, time and again.

    `body` is of one that was proven, or empty.
    """
    return rejection(
        InboundRequest({}, body, time.time()),
        hook=hook.name,
        status=HTTPStatus.INTERNAL_SERVER_ERROR.value,
        code="internal_error",
        detail=f"an internal error in each of {times} tries: see the bridge's log",
        remote=queue.name,
    )


def _refused(
    received: InboundRequest, hook: Hook, queue: QueueTable, why: _Refusal, reason: str
) -> NewRejected:
    """Return what is kept of a message that is refused, as of such a request."""
    return rejection(
        replace(received, at=time.time()),
        hook=hook.name,
        status=why.status.value,
        code=why.code,
        detail=reason,
        remote=queue.name,
        secret_headers=_secret_headers(hook),
    )


def _unproven(
    received: InboundRequest, hook: Hook, queue: QueueTable, secrets: Sequence[bytes]
) -> str:
    """Return why a message does not come from the hook's sender; empty if it does.

    The time that counts is when it came into the queue: it may have waited there for days.
    """
    if queue.proof == "queue":
        return ""
    return verify(hook.sender.scheme, received, secrets).reason


def _content(message: Message) -> _Content:
    return _from_topic(message) or _Content(message.id, message.body, message.headers)


def _from_topic(message: Message) -> _Content | None:
    """Return what was published to a topic of SNS; None where no such envelope is around it."""
    envelope = object_or_nothing(message.body)
    names = ("MessageId", "TopicArn", "Message")
    texts = [found for name in names if isinstance(found := envelope.get(name), str)]
    if envelope.get("Type") != "Notification" or len(texts) != len(names):
        return None
    identifier, topic, text = texts
    headers = {**message.headers, **_attributes(envelope), TOPIC: topic}
    return _Content(identifier, text.encode(), headers)


def _attributes(envelope: Mapping[str, object]) -> dict[str, str]:
    found = envelope.get("MessageAttributes")
    values = {name: at(found, name, "Value") for name in found} if isinstance(found, dict) else {}
    return {
        name: value.encode().decode("latin-1")
        for name, value in values.items()
        if isinstance(value, str)
    }


def _senders_own(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers without those whose names are ours to give."""
    return {name: text for name, text in headers.items() if not name.lower().startswith(_OURS)}


def _path_secret(content: _Content) -> bytes:
    return InboundRequest(content.headers, b"", 0.0).header(PATH_SECRET)


def _stored(headers: Mapping[str, str], hook: Hook) -> dict[str, str]:
    return redacted_headers(headers, _secret_headers(hook))


def _secret_headers(hook: Hook) -> frozenset[str]:
    return SECRET_HEADERS | hook.sender.scheme.secret_headers
