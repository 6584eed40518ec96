# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clients at once that hold on to connections; run in a process of its own: PORT KIND."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys

CLIENTS = 1100
_EVERY_S = 2.0
# What is asked every two seconds; what never is a request is sent at once, to hold on to more.
_REQUESTS = {
    "probe": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "guess": b"GET /api/v1/apps HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer x\r\n\r\n",
}
_NO_REQUESTS = {
    "silent": b"",
    "unfinished": b"POST /hooks/hub/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
}


async def _hold_on(port: int, kind: str) -> None:
    """Ask every two seconds, and open another connection as soon as one is closed."""
    wait = 0.0
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(_NO_REQUESTS.get(kind, b""))
                await _ask(reader, writer, _REQUESTS.get(kind, b""), wait)
            finally:
                writer.close()
        wait = _EVERY_S
        await asyncio.sleep(0.01)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes, wait: float
) -> None:
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while await reader.read(65536):
                    pass
                return
        writer.write(sent)
        await writer.drain()
        wait = _EVERY_S


async def _main(port: int, kind: str) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_hold_on(port, kind))


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_main(int(sys.argv[1]), sys.argv[2]))
