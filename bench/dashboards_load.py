# SPDX-License-Identifier: GPL-3.0-or-later
"""Browsers that follow pages, pipelines that wait, and a reader of a log: many, in one process.

Who opens pages to time them, and who reads the log, is in another one: a log of 8 MB again and
again takes most of a core of asyncio, and the others would wait for it.

A page is asked again as pages.js does it: with the version that one has, after the seconds that the
answer names. Connections are kept where the bridge keeps them, as browsers and curl do.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse

_NEWER_S = 20.0
_BETWEEN_PAGES_S = 0.1
# Bytes a second.
_GIGABIT_LINE = 125_000_000


@dataclass
class Times:
    """How long answers took, in milliseconds, by what was asked; and what went wrong."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)

    def note(self, what: str, began: float) -> None:
        """Keep the time since a moment of the monotonic clock."""
        self.taken.setdefault(what, []).append(1000 * (time.perf_counter() - began))

    def fail(self, what: str, count: int = 1) -> None:
        """Count an answer that was none."""
        self.failed[what] = self.failed.get(what, 0) + count

    def add(self, other: Times) -> None:
        """Take those of another in."""
        for what, taken in other.taken.items():
            self.taken.setdefault(what, []).extend(taken)
        for what, count in other.failed.items():
            self.fail(what, count)


@dataclass(frozen=True)
class Answer:
    """A status, headers in lower case, and how long the body was."""

    status: int
    headers: Mapping[str, str]
    length: int


class Client:
    """One connection at a time, opened again where the bridge closed it."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        self._headers = {"Host": f"127.0.0.1:{port}", **headers}
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer, read to its end. Raises OSError where there is none."""
        sent = {**self._headers, **(headers or {})}
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        asked = "\r\n".join([*lines, "", ""]).encode()
        async with asyncio.timeout(_NEWER_S):
            if self._open is not None:
                # One that the bridge has closed meanwhile is opened again, once.
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    return await self._exchange(asked, *self._open)
            self._open = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                return await self._exchange(asked, *self._open)
            except asyncio.IncompleteReadError as error:
                raise ConnectionError(str(error)) from error

    async def _exchange(
        self, asked: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Answer:
        writer.write(asked)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])
        }
        status = int(head[0].split()[1])
        length = int(headers.get("content-length", "0"))
        left = 0 if status == HTTPStatus.NOT_MODIFIED else length
        while left:
            part = await reader.read(min(left, 65536))
            if not part:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(part)
        if headers.get("connection", "").lower() == "close":
            writer.close()
            self._open = None
        return Answer(status, headers, length)


Ask = Callable[[], Awaitable[Answer]]


async def timed(times: Times, what: str, ask: Ask) -> Answer | None:
    """Ask, and note how long the answer took; None where there was none, or it was no success."""
    began = time.perf_counter()
    try:
        answer = await ask()
    except (OSError, TimeoutError):
        times.fail(what)
        return None
    if answer.status not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        times.fail(f"{what} {answer.status}")
        return None
    times.note(what, began)
    return answer


async def dashboard(client: Client, path: str, times: Times, until: float) -> None:
    """Open a page and follow it."""
    first = await timed(times, "open", lambda: client.get(path))
    if first is None:
        return
    # The version of a page's part stands in its HTML; an unknown one gets the part as it is.
    version, pause = "0~0", 2.0
    while time.perf_counter() + pause < until:
        await asyncio.sleep(pause)
        headers = {"Longshore-Version": version}
        answer = await timed(times, "follow", lambda h=headers: client.get(path, h))  # type: ignore[misc]  # mypy infers no lambda with a default
        if answer is None:
            continue
        if "longshore-version" not in answer.headers:
            return  # a page that does not follow, such as a form
        version, pause = (
            answer.headers["longshore-version"],
            float(answer.headers["longshore-next"]),
        )


async def pipeline(client: Client, path: str, times: Times, until: float) -> None:
    """Wait for a delivery, as a job does."""
    tag = ""
    while time.perf_counter() < until:
        headers = {"If-None-Match": tag} if tag else {}
        answer = await timed(times, "status", lambda h=headers: client.get(path, h))  # type: ignore[misc]  # mypy infers no lambda with a default
        tag = tag if answer is None else answer.headers.get("etag", tag)
        await asyncio.sleep(2.0)


async def asker(client: Client, path: str, times: Times, until: float) -> None:
    """Ask what only the registry knows, again and again."""
    while time.perf_counter() < until:
        await timed(times, "registry", lambda: client.get(path))
        await asyncio.sleep(0.5)


def probe(port: int, headers: Mapping[str, str], pages: Sequence[str], until: float) -> Times:
    """Open each page in turn, as somebody does who has none of them; return how long each took.

    For a process of its own: its clock is the same (CLOCK_MONOTONIC).
    """
    times = Times()
    asyncio.run(_open_in_turn(Client(port, headers), pages, times, until))
    return times


async def _open_in_turn(client: Client, pages: Sequence[str], times: Times, until: float) -> None:
    while time.perf_counter() < until:
        for page in pages:
            await timed(times, f"page {page}", lambda p=page: client.get(p))  # type: ignore[misc]  # mypy infers no lambda with a default
            await asyncio.sleep(_BETWEEN_PAGES_S)


def read_log(port: int, headers: Mapping[str, str], path: str, until: float) -> Times:
    """Read a whole log again and again, as fast as a gigabit line lets it through.

    For a process of its own, and without asyncio, which would take most of a core for it.
    """
    times, connection = Times(), HTTPConnection("127.0.0.1", port, timeout=_NEWER_S)
    while (began := time.perf_counter()) < until:
        length = 0
        try:
            connection.request("GET", path, headers=dict(headers))
            length = _read_to_end(connection.getresponse())
            times.note("log", began)
        except (OSError, HTTPException):
            connection.close()
            times.fail("log")
        time.sleep(max(0.0, began + length / _GIGABIT_LINE - time.perf_counter()))
    return times


def _read_to_end(answer: HTTPResponse) -> int:
    """Return how long a body is; raise HTTPException where it is not all, or no success."""
    told, length, buffer = answer.length, 0, bytearray(1 << 20)
    while count := answer.readinto(buffer):
        length += count
    if answer.status != HTTPStatus.OK or length != told:
        raise HTTPException(f"{answer.status}, {length} of {told} bytes")
    return length
