# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Storage's REST API for one queue, as its reference describes it, on the loopback.

What the emulator Azurite answers to the same client is tests/queues/test_azurite.py. Timeouts go by
a clock that a test moves.
"""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

ACCOUNT = "devstoreaccount1"
SIGNATURE = "sv=2021-12-02&ss=q&srt=o&sp=rup&se=2030-01-01&sig=EXAMPLE%2Bsignature%3D"
_PATH = f"/{ACCOUNT}/longshore"


@dataclass
class _Put:
    """A message that is not deleted: hidden until `free_at`, and known by its newest receipt."""

    id: str
    text: str
    free_at: float = 0.0
    receipt: str = ""
    times: int = 0


@dataclass
class Says:
    """An answer: with a code it is an error."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeAzure:
    """The queue; `clock` moves only by hand."""

    endpoint: str = ""
    clock: float = 0.0
    error: tuple[int, str, str] | None = None
    waiting: list[_Put] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.endpoint}{_PATH}"

    def put(self, text: str, *, encoded: bool = True) -> str:
        """Put a message into the queue, as Event Grid encodes it; return its id."""
        with self.lock:
            identifier = f"message-{next(self.numbers)}"
            sent = base64.b64encode(text.encode()).decode() if encoded else text
            self.waiting.append(_Put(identifier, sent))
        return identifier

    def expire(self) -> None:
        """Let every timeout pass."""
        self.clock += 43_201

    def answer(self, method: str, target: str, authorization: str) -> Says:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.lock:
            self.asked.append(method)
            self.authorizations.append(authorization or query.get("sig", ""))
            if self.error is not None:
                return _error(*self.error)
            if not (authorization or "sig" in query):
                return _error(403, "AuthenticationFailed", "no signature")
            if not parts.path.startswith(_PATH):
                return _error(404, "QueueNotFound", "The specified queue does not exist.")
            return self._of_queue(method, parts.path.removeprefix(_PATH), query)

    def _of_queue(self, method: str, path: str, query: dict[str, str]) -> Says:
        if method == "GET" and path == "/messages":
            return self._receive(int(query["numofmessages"]), float(query["visibilitytimeout"]))
        if method == "GET" and path == "" and query.get("comp") == "metadata":
            return Says(200)
        found = next((one for one in self.waiting if path == f"/messages/{one.id}"), None)
        if found is None:
            return _error(404, "MessageNotFound", "The specified message does not exist.")
        if found.receipt != query["popreceipt"]:
            said = "The specified pop receipt did not match the pop receipt for a dequeued message."
            return _error(400, "PopReceiptMismatch", said)
        if method == "DELETE":
            self.waiting.remove(found)
            return Says(204)
        found.free_at = self.clock + float(query["visibilitytimeout"])
        found.receipt = f"receipt+{next(self.numbers)}/="
        return Says(204, headers={"x-ms-popreceipt": found.receipt})

    def _receive(self, most: int, hidden_s: float) -> Says:
        free = [one for one in self.waiting if one.free_at <= self.clock][:most]
        for one in free:
            one.free_at = self.clock + hidden_s
            one.receipt = f"receipt+{next(self.numbers)}/="
            one.times += 1
        parts = "".join(
            f"<QueueMessage><MessageId>{one.id}</MessageId>"
            "<InsertionTime>Mon, 30 Nov 2026 12:00:00 GMT</InsertionTime>"
            "<ExpirationTime>Mon, 07 Dec 2026 12:00:00 GMT</ExpirationTime>"
            f"<PopReceipt>{one.receipt}</PopReceipt><DequeueCount>{one.times}</DequeueCount>"
            f"<MessageText>{escape(one.text)}</MessageText></QueueMessage>"
            for one in free
        )
        return Says(200, f"<?xml version='1.0'?><QueueMessagesList>{parts}</QueueMessagesList>")


def _error(status: int, code: str, message: str) -> Says:
    said = f"{message}\nRequestId:1\nTime:2026-11-30T12:00:00Z"
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{said}</Message></Error>"
    return Says(status, body, {"x-ms-error-code": code})


def _handler(azure: FakeAzure) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            says = azure.answer(self.command, self.path, self.headers.get("Authorization", ""))
            body = says.body.encode()
            try:
                self.send_response(says.status)
                for name, value in says.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                return  # a client that was ended meanwhile

        def do_PUT(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def fake_azure() -> Iterator[FakeAzure]:
    """Run one until the block ends."""
    azure = FakeAzure()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(azure))
    server.daemon_threads = True
    azure.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield azure
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
