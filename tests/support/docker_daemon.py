# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker daemon's socket: one that answers as a test wants it, and one that can only pull."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a daemon is asked; `path` has the query."""

    method: str
    path: str
    headers: Message


Answer = Callable[[Request], tuple[int, Any]]
"""From a request to a status and what is answered as JSON."""


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, said = answer(Request(self.command, self.path, self.headers))
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 -- the names that BaseHTTPRequestHandler calls
        do_DELETE = do_GET  # noqa: N815 -- the same

        def address_string(self) -> str:
            return "a Unix socket"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def docker_daemon(socket: Path, answer: Answer) -> Iterator[None]:
    """Answer at a socket until the block ends, each request in a thread of its own."""
    with _Server(str(socket), _handler(answer)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@dataclass
class PullingDaemon:
    """Where it listens, and what logins came; a pull ends once `may_end` is set."""

    socket: Path
    logins: list[dict[str, str]] = field(default_factory=list)
    pulling: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: Request) -> tuple[int, dict[str, str]]:
        """Have no image, pull any, and note which login came with it."""
        if request.method != "POST":
            return 404, {"message": "No such image"}
        given = request.headers["X-Registry-Auth"]
        self.logins.append(json.loads(base64.urlsafe_b64decode(given)) if given else {})
        self.pulling.set()
        self.may_end.wait(300)
        return 200, {"status": "Pull complete"}


@contextmanager
def pulling_daemon(folder: Path) -> Iterator[PullingDaemon]:
    """Run one until the block ends."""
    daemon = PullingDaemon(folder / "d.sock")
    with docker_daemon(daemon.socket, daemon.answer):
        try:
            yield daemon
        finally:
            daemon.may_end.set()
