# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Pub/Sub's REST API for one subscription, as its reference describes it, on the loopback.

No emulator of Google's can be installed without its command line tools. This one keeps deadlines
by a clock that a test moves, answers errors in Google's form, and issues tokens for a key file.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SUBSCRIPTION = "projects/acme-prod/subscriptions/longshore"
TOKEN = "ya29.EXAMPLE-the-token-of-a-service-account"


@dataclass
class _Pulled:
    """A message that is not acknowledged: hidden until `free_at`, and known by its receipt."""

    message: dict[str, Any]
    free_at: float = 0.0
    receipt: str = ""


@dataclass
class PubSub:
    """The subscription; `clock` moves only by hand."""

    endpoint: str = ""
    clock: float = 0.0
    own_deadline: float = 10.0
    error: tuple[int, str, str] | None = None
    permissions: tuple[str, ...] = ("pubsub.subscriptions.consume",)
    wants_token: bool = False
    waiting: list[_Pulled] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)
    arrives: threading.Event = field(default_factory=threading.Event)

    def publish(self, data: str, **attributes: str) -> str:
        identifier = str(next(self.numbers))
        message = {
            "data": base64.b64encode(data.encode()).decode(),
            "attributes": {name.replace("_", "-"): text for name, text in attributes.items()},
            "messageId": identifier,
            "publishTime": "2026-11-30T12:00:00.123456789Z",
        }
        with self.lock:
            self.waiting.append(_Pulled(message))
        self.arrives.set()
        return identifier

    def expire(self) -> None:
        """Let every deadline pass."""
        self.clock += 601
        self.arrives.set()

    def pull(self, body: dict[str, Any]) -> dict[str, Any]:
        if not any(one.free_at <= self.clock for one in self.waiting):
            self.arrives.wait(2)
        self.arrives.clear()
        with self.lock:
            free = [one for one in self.waiting if one.free_at <= self.clock][: body["maxMessages"]]
            for one in free:
                one.free_at = self.clock + self.own_deadline
                one.receipt = f"receipt-{next(self.numbers)}"
            found = [{"ackId": one.receipt, "message": one.message} for one in free]
        return {"receivedMessages": found} if found else {}

    def acknowledge(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.waiting = [one for one in self.waiting if one.receipt not in body["ackIds"]]
        return {}

    def modify_ack_deadline(self, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            for one in self.waiting:
                if one.receipt in body["ackIds"]:
                    one.free_at = self.clock + body["ackDeadlineSeconds"]
        self.arrives.set()
        return {}

    def test_iam_permissions(self, body: dict[str, Any]) -> dict[str, Any]:
        granted = [one for one in body["permissions"] if one in self.permissions]
        return {"permissions": granted} if granted else {}

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        if path == "/token":
            self.tokens += 1
            return 200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}
        method = path.rpartition(":")[2]
        self.asked.append(method)
        if self.wants_token and headers["Authorization"] != f"Bearer {TOKEN}":
            return _error(401, "UNAUTHENTICATED", "no token")
        if self.error is not None:
            return _error(*self.error)
        if path != f"/v1/{SUBSCRIPTION}:{method}":
            return _error(404, "NOT_FOUND", f"Resource not found (resource={path}).")
        methods = {
            "pull": self.pull,
            "acknowledge": self.acknowledge,
            "modifyAckDeadline": self.modify_ack_deadline,
            "testIamPermissions": self.test_iam_permissions,
        }
        return 200, methods[method](json.loads(body))


def _error(code: int, status: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"error": {"code": code, "message": message, "status": status}}


def _handler(pubsub: PubSub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = pubsub.answer(self.path, self.headers, body)
            sent = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)
            except ConnectionError:
                return  # a client that was ended meanwhile

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def fake_pubsub() -> Iterator[PubSub]:
    """Run one until the block ends."""
    pubsub = PubSub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(pubsub))
    pubsub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield pubsub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_key(file: Path, pubsub: PubSub) -> Path:
    """Write the key file of a service account whose tokens this Pub/Sub issues."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    content = {
        "type": "service_account",
        "project_id": "acme-prod",
        "private_key_id": "k1",
        "private_key": pem.decode(),
        "client_email": "longshore@acme-prod.iam.gserviceaccount.com",
        "token_uri": f"{pubsub.endpoint}/token",
    }
    file.write_text(json.dumps(content))
    return file
