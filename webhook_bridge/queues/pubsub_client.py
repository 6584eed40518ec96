# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Pub/Sub over REST. Only `pubsub.py` imports this, where such a queue is configured.

Facts: cloud.google.com/pubsub, REST v1 `projects.subscriptions`: `pull` waits for a bounded time;
a message is pulled with the subscription's own deadline, which may be as short as 10 s, so it is
set anew at once; `deliveryAttempt` is there with a dead-letter policy only.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from webhook_bridge.queues.base import Message, QueueUnavailable, as_header, first_line

_SCOPE = "https://www.googleapis.com/auth/pubsub"
_CONSUME = "pubsub.subscriptions.consume"
_MOST = 10
_CONNECT_S, _ANSWER_S = 5, 120


class PubSubQueue:
    """One subscription. Its session is made anew after a failure, as credentials may have been."""

    def __init__(self, url: str, *, hidden_s: int, anonymous: bool) -> None:
        self._url = url
        self._hidden_s = hidden_s
        self._anonymous = anonymous
        self._session: AuthorizedSession | None = None

    def receive(self) -> Sequence[Message]:
        """Wait for messages, as long as Pub/Sub does."""
        answer = self._ask("pull", {"maxMessages": _MOST})
        messages = [_message(found) for found in answer.get("receivedMessages", ())]
        if messages:
            self.hide(messages)
        return messages

    def hide(self, messages: Sequence[Message]) -> None:
        """Begin the deadline anew."""
        self._change_deadline(messages, self._hidden_s)

    def give_back(self, messages: Sequence[Message]) -> None:
        """End the deadline."""
        self._change_deadline(messages, 0)

    def delete(self, messages: Sequence[Message]) -> None:
        """Acknowledge them."""
        self._ask("acknowledge", {"ackIds": [message.receipt for message in messages]})

    def look(self) -> None:
        """Ask for the one permission that is needed; anybody may ask that."""
        answer = self._ask("testIamPermissions", {"permissions": [_CONSUME]})
        if not self._anonymous and _CONSUME not in answer.get("permissions", ()):
            raise QueueUnavailable(f"the credentials have no permission {_CONSUME}")

    def _change_deadline(self, messages: Sequence[Message], seconds: int) -> None:
        receipts = [message.receipt for message in messages]
        self._ask("modifyAckDeadline", {"ackIds": receipts, "ackDeadlineSeconds": seconds})

    def _ask(self, method: str, body: Mapping[str, object]) -> Mapping[str, Any]:
        try:
            if self._session is None:
                self._session = self._connected()
            answer = self._session.post(
                f"{self._url}:{method}",
                json=body,
                timeout=(_CONNECT_S, _ANSWER_S),
                allow_redirects=False,
            )
            found = answer.json()
        except (GoogleAuthError, requests.RequestException) as error:
            self._session = None
            raise QueueUnavailable(first_line(str(error))) from None
        if answer.status_code != requests.codes.ok or not isinstance(found, dict):
            self._session = None
            raise QueueUnavailable(_sentence(answer.status_code, found))
        return found

    def _connected(self) -> AuthorizedSession:
        # google-auth marks itself as typed, and leaves these without types.
        return AuthorizedSession(self._credentials())  # type: ignore[no-untyped-call]

    def _credentials(self) -> Credentials:
        if self._anonymous:
            return AnonymousCredentials()  # type: ignore[no-untyped-call]
        return google.auth.default(scopes=[_SCOPE])[0]


def _sentence(status: int, found: object) -> str:
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return f"answered {status}"
    return first_line(f"{error.get('status', status)}: {error.get('message', '')}")


def _message(found: Mapping[str, Any]) -> Message:
    inside = found.get("message", {})
    attributes = inside.get("attributes", {})
    return Message(
        id=str(inside.get("messageId")),
        receipt=str(found["ackId"]),
        body=_decoded(inside.get("data", "")),
        headers={name: as_header(str(text)) for name, text in attributes.items()},
        sent_at=_moment(inside.get("publishTime")),
        times_received=int(found.get("deliveryAttempt", 1)),
    )


def _decoded(data: object) -> bytes:
    try:
        return base64.b64decode(str(data), validate=True)
    except (binascii.Error, ValueError):
        return str(data).encode("utf-8", "surrogatepass")


def _moment(text: object) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return time.time()
