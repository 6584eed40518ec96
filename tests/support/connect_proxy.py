# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS proxy (CONNECT) on the loopback that answers for any host by plain HTTP to one port.

For clients that cannot be given another endpoint, only a proxy and an authority to trust.
"""

from __future__ import annotations

import shutil
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import server_context, write_certificate


@dataclass(frozen=True)
class ConnectProxy:
    """Its address, and the certificate to trust."""

    url: str
    authority: Path


@contextmanager
def connect_proxy(folder: Path, *, to: int, name: str) -> Iterator[ConnectProxy]:
    """Run one until the block ends, that hosts of this name may be asked by."""
    certificate = folder / "proxy.pem"
    write_certificate(certificate, name)
    context = server_context(certificate)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                head += self.request.recv(4096)
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(("127.0.0.1", to)) as server,
            ):
                threading.Thread(target=_copy, args=(client, server), daemon=True).start()
                _copy(server, client)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield ConnectProxy(f"http://127.0.0.1:{server.server_address[1]}", certificate)
        server.shutdown()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        shutil.copyfileobj(source.makefile("rb", buffering=0), target.makefile("wb", buffering=0))
