# SPDX-License-Identifier: GPL-3.0-or-later
"""A small HTTP server that answers as a test tells it: for what no real registry does on demand."""

from __future__ import annotations

import contextlib
import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from webhook_bridge.domain.references import ImageName
from webhook_bridge.registry.client import RegistryAccess, RegistryClient


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Says:
    """One answer; what drips is sent byte by byte, one each twentieth of a second."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: Literal["nothing", "body", "all"] = "nothing"


@dataclass
class FakeRegistry:
    """The server's address, what it was asked, and what it says."""

    host: str
    answer: Callable[[Asked], Says]
    asked: list[Asked] = field(default_factory=list)
    dripped: int = 0
    """Bytes that were sent one by one."""
    closing: threading.Event = field(default_factory=threading.Event)

    def methods(self) -> list[str]:
        return [asked.method for asked in self.asked]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """Keep quiet about clients that hang up: some tests want exactly that."""


def _handler(registry: FakeRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.command, self.path, dict(self.headers.items()))
            registry.asked.append(asked)
            says = registry.answer(asked)
            lines = [f"HTTP/1.1 {says.status} Status"]
            headers = {"Content-Length": str(len(says.body))} | says.headers
            lines += [f"{name}: {value}" for name, value in headers.items()]
            head = "\r\n".join([*lines, "", ""]).encode()
            body = b"" if self.command == "HEAD" else says.body
            self._send(head, drip=says.drip == "all")
            self._send(body, drip=says.drip != "nothing")

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def _send(self, content: bytes, *, drip: bool) -> None:
            with contextlib.suppress(ConnectionError):
                if not drip:
                    self.wfile.write(content)
                    return
                for byte in content:
                    if registry.closing.wait(0.05):
                        return
                    self.wfile.write(bytes([byte]))
                    registry.dripped += 1

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    return Handler


@contextlib.contextmanager
def fake_registry(
    answer: Callable[[Asked], Says], *, tls: ssl.SSLContext | None = None
) -> Iterator[FakeRegistry]:
    registry = FakeRegistry("", answer)
    with _Server(("127.0.0.1", 0), _handler(registry)) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        registry.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield registry
        finally:
            registry.closing.set()
            server.shutdown()
            thread.join()


MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
FOUND = Says(headers={"Docker-Content-Digest": DIGEST}, body=MANIFEST)


def client_of(registry: FakeRegistry, *, timeout_s: float = 5, **access: Any) -> RegistryClient:
    settings = {"plain_http": True} | access
    return RegistryClient(
        {registry.host: RegistryAccess(registry.host, **settings)}, timeout_s=timeout_s
    )


def image_of(registry: FakeRegistry) -> ImageName:
    return ImageName(registry.host, "acme/shop")


def digest_of(registry: FakeRegistry, **access: Any) -> str:
    return client_of(registry, **access).digest_of(image_of(registry), "latest")


def always(says: Says) -> Callable[[Asked], Says]:
    return lambda _: says


def page_of(tags: list[str], link: str | None = None) -> Says:
    return Says(200, {} if link is None else {"Link": link}, json.dumps({"tags": tags}).encode())
