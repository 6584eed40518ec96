# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Storage Queue over REST. Only `azure.py` imports this, where such a queue is configured.

Facts: learn.microsoft.com/rest/api/storageservices "Get messages" (32 at most; no long poll),
"Update message" (a new pop receipt each time; without a body the text stays), "Delete message",
"Queue service error codes". Event Grid and most clients encode a message's text as base64, which
the service does not say.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import requests

from webhook_bridge.queues.azure_credentials import VERSION, Credential, find_credential
from webhook_bridge.queues.base import Message, QueueUnavailable, first_line

_MOST = 10
_LONGEST_LOOK_S = 20.0
_CONNECT_S, _ANSWER_S = 5, 30
_LARGEST_ANSWER = 4 * 1024 * 1024
_GONE = "MessageNotFound"
_TAKEN_AGAIN = "PopReceiptMismatch"
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class AzureQueue:
    """One queue. Session and credentials are made anew after a failure: they may have changed."""

    def __init__(
        self,
        url: str,
        *,
        account: str,
        credential_file: Path | None,
        hidden_s: int,
        poll_interval_s: float,
    ) -> None:
        self._url = url
        self._account = account
        self._file = credential_file
        self._hidden_s = hidden_s
        self._poll_interval_s = poll_interval_s
        self._open: tuple[requests.Session, Credential] | None = None
        self._receipts: dict[str, str] = {}
        """Of messages that were hidden for longer: the receipt that counts since then."""

    def receive(self) -> Sequence[Message]:
        """Look for messages now and then, 20 s at most."""
        self._receipts = {}
        end = time.monotonic() + _LONGEST_LOOK_S
        query = {"numofmessages": str(_MOST), "visibilitytimeout": str(self._hidden_s)}
        while True:
            messages = _messages(self._ask("GET", "/messages", query).content)
            if messages or time.monotonic() + self._poll_interval_s > end:
                return messages
            time.sleep(self._poll_interval_s)

    def hide(self, messages: Sequence[Message]) -> None:
        """Begin the visibility timeout anew."""
        for message in messages:
            self._change_visibility(message, self._hidden_s)

    def give_back(self, messages: Sequence[Message]) -> None:
        """End the visibility timeout."""
        for message in messages:
            self._change_visibility(message, 0)

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete them one by one; one that was handed out anew meanwhile is left to who has it."""
        taken = [message.id for message in messages if not self._is_deleted(message)]
        if taken:
            raise QueueUnavailable(
                f"{_TAKEN_AGAIN}: {len(taken)} of {len(messages)} messages were handed out anew "
                "before they were deleted, and come again; see visibility_timeout"
            )

    def look(self) -> None:
        """Ask for the queue's metadata."""
        self._ask("GET", "", {"comp": "metadata"})

    def _is_deleted(self, message: Message) -> bool:
        query = {"popreceipt": self._receipt_of(message)}
        answer = self._ask("DELETE", f"/messages/{message.id}", query, also=(_GONE, _TAKEN_AGAIN))
        return answer.headers.get("x-ms-error-code") != _TAKEN_AGAIN

    def _change_visibility(self, message: Message, seconds: int) -> None:
        query = {"popreceipt": self._receipt_of(message), "visibilitytimeout": str(seconds)}
        answer = self._ask("PUT", f"/messages/{message.id}", query)
        self._receipts[message.id] = answer.headers.get("x-ms-popreceipt", message.receipt)

    def _receipt_of(self, message: Message) -> str:
        return self._receipts.get(message.id, message.receipt)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str], *, also: Sequence[str] = ()
    ) -> requests.Response:
        """Return an answer that is good, or whose error is among `also`."""
        try:
            if self._open is None:
                found = find_credential(self._account, self._file, os.environ)
                self._open = requests.Session(), found
            answer = self._sent(*self._open, method, self._url + path, query)
        except requests.RequestException as error:
            self._open = None
            raise QueueUnavailable(_without_query(str(error))) from None
        except QueueUnavailable:
            self._open = None
            raise
        if answer.ok and not answer.is_redirect:
            return answer
        if answer.headers.get("x-ms-error-code") in also:
            return answer
        self._open = None
        raise QueueUnavailable(_sentence(answer))

    @staticmethod
    def _sent(
        session: requests.Session,
        credential: Credential,
        method: str,
        url: str,
        query: Mapping[str, str],
    ) -> requests.Response:
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION}
        request = requests.Request(method, url, params=query, headers=headers).prepare()
        credential.apply(request)
        settings = session.merge_environment_settings(request.url, {}, False, None, None)
        return session.send(
            request,
            timeout=(_CONNECT_S, _ANSWER_S),
            allow_redirects=False,
            proxies=settings["proxies"],
            verify=settings["verify"],
        )


def _without_query(text: str) -> str:
    """Return what requests says without the query of the address, which may be a signature."""
    return first_line(re.sub(r"\?[^\s'\")]*", "", text))


def _sentence(answer: requests.Response) -> str:
    """Return the service's code and its sentence, without the lines that repeat what was signed."""
    code = answer.headers.get("x-ms-error-code", f"HTTP {answer.status_code}")
    found = re.search(r"<Message>([^<\n]*)", answer.text[:4000])
    return first_line(f"{code}: {found[1]}" if found else f"{code}: {answer.reason}")


def _messages(body: bytes) -> list[Message]:
    if len(body) > _LARGEST_ANSWER:
        raise QueueUnavailable(f"the answer has {len(body)} bytes; at most {_LARGEST_ANSWER}")
    try:
        found = ET.fromstring(body)  # noqa: S314 -- expat limits what entities expand to
    except ET.ParseError as error:
        raise QueueUnavailable(f"the answer is not XML: {error}") from None
    return [_message({part.tag: part.text or "" for part in each}) for each in found]


def _message(found: Mapping[str, str]) -> Message:
    return Message(
        id=found.get("MessageId", ""),
        receipt=found.get("PopReceipt", ""),
        body=_decoded(found.get("MessageText", "")),
        headers={},
        sent_at=_moment(found.get("InsertionTime", "")),
        times_received=_count(found.get("DequeueCount", "")),
    )


def _decoded(text: str) -> bytes:
    """Return the bytes of base64, or the text itself where it is none; JSON never is."""
    compact = "".join(text.split())
    if _BASE64.fullmatch(compact):
        try:
            return base64.b64decode(compact, validate=True)
        except (binascii.Error, ValueError):
            pass
    return text.encode("utf-8", "surrogatepass")


def _moment(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return time.time()


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 1
