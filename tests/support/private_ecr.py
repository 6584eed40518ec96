# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet's registry under a name of Amazon ECR's: over TLS, and with an account's token alone.

moto has ECR's tokens and no images. What stands here checks the token, and has the fleet's registry
answer. The hosts and the bridge know its address by a hosts file that nobody else sees.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fleet import Fleet, Host
from tests.support.aws_account import Account
from tests.support.certificates import server_context, write_certificate

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_PASSED_ON = ("accept", "range")
_NOT_PASSED_BACK = ("connection", "content-length", "date", "server", "transfer-encoding")


class PrivateEcr(ThreadingHTTPServer):
    """`served` are the addresses that showed the token, `refused` those that did not."""

    daemon_threads = True

    def __init__(self, folder: Path, fleet: Fleet, account: Account) -> None:
        super().__init__((fleet.layout.gateway, 443), _Handler)
        [data] = account.client("ecr").get_authorization_token()["authorizationData"]
        self.login = str(data["authorizationToken"])
        self.behind = fleet.registry.address
        self.served: set[str] = set()
        self.refused: set[str] = set()
        self.authority = folder / "ecr.pem"
        self.hosts_file = folder / "hosts"
        write_certificate(self.authority, REGISTRY)
        self.hosts_file.write_text(f"127.0.0.1 localhost\n{fleet.layout.gateway} {REGISTRY}\n")
        context = server_context(self.authority)
        # Shaken hands with in the thread of each request, so that nobody waits for another one.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def token(self) -> str:
        """The password, as AWS gives it."""
        return base64.b64decode(self.login).decode().partition(":")[2]

    def program(self, folder: Path, command: str) -> str:
        """Return a program that runs a command which finds this registry by its name."""
        file = folder / "beside-ecr"
        inside = f"mount --bind {self.hosts_file} /etc/hosts && exec {command}"
        file.write_text(f'#!/bin/sh\nexec unshare --mount sh -c \'{inside} "$@"\' sh "$@"\n')
        file.chmod(0o700)
        return str(file)

    def handle_error(self, *args: object) -> None:
        """Keep quiet about clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PrivateEcr

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != f"Basic {self.server.login}":
            self._refuse()
            return
        self.server.served.add(self.client_address[0])
        behind = http.client.HTTPConnection(self.server.behind, timeout=30)
        with contextlib.closing(behind) as connection:
            connection.putrequest(self.command, self.path)
            for name, value in self.headers.items():
                if name.lower() in _PASSED_ON:
                    connection.putheader(name, value)
            connection.endheaders()
            self._pass_back(connection.getresponse())

    def do_HEAD(self) -> None:
        self.do_GET()

    def _refuse(self) -> None:
        self.server.refused.add(self.client_address[0])
        self.send_response(401)
        self.send_header("WWW-Authenticate", f'Basic realm="https://{REGISTRY}/"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _pass_back(self, answer: http.client.HTTPResponse) -> None:
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _NOT_PASSED_BACK:
                self.send_header(name, value)
        length = answer.headers["Content-Length"] if self.command == "HEAD" else str(len(body))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def private_ecr(folder: Path, fleet: Fleet, account: Account) -> Iterator[PrivateEcr]:
    """Serve one until the block ends, that the fleet's hosts know."""
    with PrivateEcr(folder, fleet, account) as ecr, contextlib.ExitStack() as known:
        thread = threading.Thread(target=ecr.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        for host in fleet.hosts:
            known.enter_context(_known(ecr, host))
        yield ecr
        ecr.shutdown()


@contextmanager
def _known(ecr: PrivateEcr, host: Host) -> Iterator[None]:
    authority = host.folder / "etc-docker" / "certs.d" / REGISTRY / "ca.crt"
    authority.parent.mkdir(parents=True, exist_ok=True)
    authority.write_bytes(ecr.authority.read_bytes())
    host.run("mount", "--bind", str(ecr.hosts_file), "/etc/hosts")
    try:
        yield
    finally:
        authority.unlink()
        if host.process() is not None:  # one that was switched off has no mounts
            host.run("umount", "/etc/hosts")
