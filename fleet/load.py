# SPDX-License-Identifier: GPL-3.0-or-later
"""A constant load on one address, and what of it failed."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_CLIENTS = 2
_PAUSE_S = 0.03
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Request:
    """One request: begun and ended when (time.monotonic), and why it failed or an empty string."""

    began: float
    ended: float
    failure: str
    body: str = ""


@dataclass
class Load:
    """Clients that each send one request after another, every one on a connection of its own."""

    host: str
    port: int
    requests: list[Request] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def failed(self) -> list[Request]:
        return [one for one in self.requests if one.failure]

    def bodies(self) -> set[str]:
        """Return all different answers."""
        return {one.body for one in self.requests if not one.failure}

    def longest_gap(self) -> float:
        """Return the longest time in seconds from one success to the next."""
        ends = sorted(one.ended for one in self.requests if not one.failure)
        return max((after - before for before, after in itertools.pairwise(ends)), default=0)

    def send(self) -> None:
        """Send requests until it is over."""
        while not self._over.wait(_PAUSE_S):
            self.requests.append(self._ask())

    def end(self) -> None:
        self._over.set()

    def _ask(self) -> Request:
        began = time.monotonic()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read().decode().strip()
            failure = "" if answer.status == http.HTTPStatus.OK else f"status {answer.status}"
        except (OSError, http.client.HTTPException) as exc:
            body, failure = "", repr(exc)
        finally:
            connection.close()
        return Request(began, time.monotonic(), failure, body)


@contextmanager
def load_on(host: str, port: int = 80, *, clients: int = _CLIENTS) -> Iterator[Load]:
    """Send requests while the context lasts."""
    load = Load(host, port)
    threads = [threading.Thread(target=load.send) for _number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.end()
        for thread in threads:
            thread.join()
