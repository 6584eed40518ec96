# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to a Docker daemon, straight over its Unix socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from fleet.errors import FleetError


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(
    docker_socket: Path, method: str, path: str, *, body: Any = None, timeout: float = 60
) -> bytes:
    """Send one request and return the answer's body; FleetError for any status of 400 or more."""
    connection = _UnixConnection(docker_socket, timeout)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status >= 400:
        raise FleetError(f"{method} {path} at {docker_socket}: {answer.status} {content[:300]!r}")
    return content


def answers(docker_socket: Path) -> bool:
    """Whether a daemon serves at this socket."""
    try:
        return call(docker_socket, "GET", "/_ping", timeout=2) == b"OK"
    except (OSError, http.client.HTTPException, FleetError):
        return False
