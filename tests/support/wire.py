# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as the bytes that it is, and the answer to it."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import socket
from collections.abc import Mapping
from dataclasses import dataclass

_numbers = itertools.count(1)
CLOSED = 0
"""Stands for the status where the connection is closed without an answer."""


@dataclass(frozen=True)
class Case:
    """Bytes, what they are, and the statuses that may come of them."""

    what: str
    sent: bytes
    statuses: tuple[int, ...]
    finish: bool = False
    """Nothing more comes: the sender closes its half."""


@dataclass(frozen=True)
class Answer:
    """What came back, without its date."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def raw(
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    *more: str,
    method: str = "POST",
    version: str = "HTTP/1.1",
    host: str | None = "127.0.0.1",
    kind: str | None = "application/json",
    length: bool = True,
) -> bytes:
    """Return a request with these header lines; each comes from an address of its own."""
    number = next(_numbers)
    lines = [f"{method} {target} {version}"]
    lines += [] if host is None else [f"Host: {host}"]
    lines += [] if kind is None else [f"Content-Type: {kind}"]
    lines += [f"Content-Length: {len(body)}"] if length else []
    lines += [f"X-Forwarded-For: 10.{number >> 16}.{number >> 8 & 255}.{number & 255}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, *more, "", ""]).encode("latin-1") + body


def ask(port: int, sent: bytes, *, finish: bool = False) -> Answer:
    """Send bytes on a connection of their own, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        with contextlib.suppress(OSError):  # refused before all was sent: the answer is there
            connection.sendall(sent)
            if finish:
                connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection)
        try:
            answer.begin()
        except (http.client.BadStatusLine, ConnectionError):
            return Answer(CLOSED)
        body = answer.read()
    headers = tuple((name, value) for name, value in answer.getheaders() if name != "Date")
    return Answer(answer.status, headers, body)
