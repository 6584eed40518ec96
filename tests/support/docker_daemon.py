# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker daemon's socket that knows one thing: to pull, and to note which login came with it."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path


@dataclass
class DockerDaemon:
    """Where it listens, and what came; a pull ends once `may_end` is set."""

    socket: Path
    logins: list[dict[str, str]] = field(default_factory=list)
    pulling: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)


def _handler(daemon: DockerDaemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(404, {"message": "No such image"})

        def do_POST(self) -> None:
            given = self.headers["X-Registry-Auth"]
            daemon.logins.append(json.loads(base64.urlsafe_b64decode(given)) if given else {})
            daemon.pulling.set()
            daemon.may_end.wait(300)
            self._say(200, {"status": "Pull complete"})

        def _say(self, status: int, said: dict[str, str]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "a Unix socket"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def docker_daemon(folder: Path) -> Iterator[DockerDaemon]:
    """Run one until the block ends."""
    daemon = DockerDaemon(folder / "d.sock")
    with _Server(str(daemon.socket), _handler(daemon)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield daemon
        finally:
            daemon.may_end.set()
            server.shutdown()
            thread.join()
