# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad line in front of a TCP service: slow, cut, corrupted, silent, or answered by somebody else.

It runs in a thread of the test that hurts; `bitten` tells how many connections it hurt.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from fleet.waiting import wait_for

_CHUNK = 16 * 1024
# SO_LINGER with zero seconds: close sends RST instead of FIN (socket(7)).
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What happens to the answers of a service; nothing by default.

    `delay` in seconds comes before each piece, `rate` is in bytes a second. `cut_after` and
    `flip_byte_at` count the bytes that the service sends on one connection; `reset` cuts with RST
    instead of FIN. `silent` takes connections and never answers. `status` is an HTTP answer given
    instead, with `retry_after` in seconds. `times` is how many connections are hurt before the
    line is good again.
    """

    delay: float = 0
    rate: float | None = None
    cut_after: int | None = None
    reset: bool = False
    flip_byte_at: int | None = None
    silent: bool = False
    status: HTTPStatus | None = None
    retry_after: int = 1
    times: int | None = None


NO_FAULT = Fault()


class FaultProxy:
    """Passes connections on to `target`, each with the fault that is set when it begins."""

    def __init__(self, listen: tuple[str, int], target: tuple[str, int]) -> None:
        self.bitten = 0
        self._fault = NO_FAULT
        self.listen = listen
        self._target = target

    def hurt(self, fault: Fault) -> None:
        """Hurt connections that begin from now on; count anew."""
        self._fault, self.bitten = fault, 0

    def wait_until_bitten(self, *, times: int = 1, seconds: float = 30) -> None:
        """Return once so many connections have been hurt."""
        wait_for(lambda: self.bitten >= times, "the fault to bite", seconds=seconds)

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultProxy"]:
        """Serve in a thread until the end of the block."""
        loop = asyncio.new_event_loop()
        server = loop.run_until_complete(asyncio.start_server(self._serve, *self.listen))
        thread = threading.Thread(target=loop.run_forever, name="fault proxy")
        thread.start()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_close(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        # Either end may go away at any moment: that is what a bad line is about.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await self._hurt(self._current(), client, answers)
        answers.close()

    def _current(self) -> Fault:
        used_up = self._fault.times is not None and self.bitten >= self._fault.times
        return NO_FAULT if used_up else self._fault

    async def _hurt(
        self, fault: Fault, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> None:
        if fault.silent:
            self.bitten += 1
            await client.read()
        elif fault.status is not None:
            await client.read(_CHUNK)
            self.bitten += 1
            answers.write(_canned(fault.status, fault.retry_after))
            await answers.drain()
        else:
            await self._relay(fault, client, answers)

    async def _relay(
        self, fault: Fault, client: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> None:
        service, questions = await asyncio.open_connection(*self._target)
        asking = asyncio.create_task(_pass(client, questions))
        try:
            await self._pass_hurt(fault, service, answers)
        finally:
            asking.cancel()
            questions.close()

    async def _pass_hurt(
        self, fault: Fault, service: asyncio.StreamReader, answers: asyncio.StreamWriter
    ) -> None:
        passed = 0
        self.bitten += bool(fault.delay or fault.rate)
        while piece := await service.read(_piece(fault)):
            await asyncio.sleep(fault.delay + (len(piece) / fault.rate if fault.rate else 0))
            flip, cut = (
                _place(fault.flip_byte_at, passed, piece),
                _place(fault.cut_after, passed, piece),
            )
            self.bitten += flip is not None or cut is not None
            if flip is not None:
                piece = _flipped(piece, flip)
            if cut is not None:
                await _cut(answers, piece[:cut], reset=fault.reset)
                return
            passed += len(piece)
            answers.write(piece)
            await answers.drain()


def _piece(fault: Fault) -> int:
    """How much to pass at once: of a slow line a quarter of a second's worth."""
    return _CHUNK if fault.rate is None else max(1, min(_CHUNK, int(fault.rate / 4)))


def _place(wanted: int | None, passed: int, piece: bytes) -> int | None:
    """Where in this piece a place of the whole answer is, if it is there."""
    return wanted - passed if wanted is not None and 0 <= wanted - passed < len(piece) else None


def _flipped(piece: bytes, at: int) -> bytes:
    return piece[:at] + bytes([piece[at] ^ 0xFF]) + piece[at + 1 :]


async def _cut(answers: asyncio.StreamWriter, last: bytes, *, reset: bool) -> None:
    answers.write(last)
    await answers.drain()
    if reset:
        connection: socket.socket = answers.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)


def _canned(status: HTTPStatus, retry_after: int) -> bytes:
    body = f'{{"errors": [{{"code": "UNKNOWN", "message": "{status.phrase}"}}]}}'
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Retry-After: {retry_after}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join((*head, "", body)).encode()


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    # A line that breaks is what this is for.
    with contextlib.suppress(OSError):
        while piece := await source.read(_CHUNK):
            target.write(piece)
            await target.drain()


async def _close(server: asyncio.Server) -> None:
    """Stop listening, and end every connection that is still open."""
    server.close()
    connections = asyncio.all_tasks() - {asyncio.current_task()}
    for each in connections:
        each.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
