# SPDX-License-Identifier: GPL-3.0-or-later
"""A real `longshore serve` in a process of its own, and bytes sent to it as they are."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.installation import SECRET, Installation
from tests.support.waiting import wait_for

COMMAND = [sys.executable, "-c", "from webhook_bridge.cli import main; main()"]
BODY = b'{"push_data": {"tag": "latest"}, "repository": {"repo_name": "acme/other"}}'
TARGET = f"/hooks/hub/{SECRET}"


@contextmanager
def serving(installation: Installation, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run it until the block ends; what it logs is in the folder's file `log`."""
    with (installation.folder / "log").open("a") as log:
        process = subprocess.Popen(
            [*COMMAND, "--config", str(installation.file), "serve"],
            stdout=log,
            stderr=log,
            text=True,
            env={**os.environ, **environ},
        )
    try:
        wait_for(lambda: _answers(installation, process), "the bridge serves", seconds=90)
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(installation: Installation, process: subprocess.Popen[str]) -> bool:
    assert process.poll() is None, (installation.folder / "log").read_text()
    try:
        return status_of(installation, "/healthz") == 200
    except OSError:
        return False


def status_of(installation: Installation, path: str, body: bytes | None = None) -> int:
    """Send one well-formed request and return the status of its answer."""
    request = urllib.request.Request(installation.url + path, data=body)  # noqa: S310 - http, to ourselves
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def connect(installation: Installation) -> socket.socket:
    """Return a connection for bytes that no HTTP library would send."""
    return socket.create_connection(("127.0.0.1", installation.port), timeout=10)


def exchange(installation: Installation, sent: bytes, *, finish: bool = False) -> bytes:
    """Send bytes and return all that comes until the server closes or is silent for a second."""
    with connect(installation) as connection:
        connection.sendall(sent)
        if finish:
            connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except (TimeoutError, ConnectionResetError):
            return received
        return received


def request(*headers: str, body: bytes = b"", target: str = TARGET) -> bytes:
    """Return a POST with exactly these headers."""
    lines = [
        f"POST {target} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
