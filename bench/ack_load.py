# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads of real POSTs: as fast as answers come (wrk), and at a steady pace (hey).

Both are compiled programs: a client in Python would take the cores that it measures.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import socket
import statistics
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.ack_bridge import ServingBridge

_ROOT = Path(__file__).resolve().parent.parent
_BODY = _ROOT / "tests" / "support" / "payloads" / "dockerhub-1.json"
_LUA = _ROOT / "bench" / "ack.lua"
_PACED_CLIENTS = 10
_ACCEPTED = "202"
_SLOW_HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n"


@dataclass(frozen=True)
class Measured:
    """What one load saw: answers, those that were no 202, and the times to the answer."""

    answered: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Acknowledged deliveries per second."""
        return (self.answered - self.failed) / self.seconds


def saturate(bridge: ServingBridge, *, clients: int, seconds: int) -> Measured:
    """Post on kept-alive connections, each again as soon as it has its answer."""
    url = f"http://127.0.0.1:{bridge.port}{bridge.path}"
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", str(_LUA), url]
    environment = {**os.environ, "BODY": str(_BODY)}
    output = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout
    return Measured(**json.loads(output.splitlines()[-1]))


def pace(bridge: ServingBridge, *, per_second: int, seconds: int) -> Measured:
    """Post at a steady rate from ten clients; they tick together, so ten arrive at once."""
    url = f"http://127.0.0.1:{bridge.port}{bridge.path}"
    rate, number = per_second // _PACED_CLIENTS, per_second * seconds
    command = ["hey", "-n", str(number), "-c", str(_PACED_CLIENTS), "-q", str(rate), "-o", "csv"]
    command += ["-m", "POST", "-T", "application/json", "-D", str(_BODY), url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = list(csv.DictReader(output.splitlines()))
    times = [float(row["response-time"]) * 1000 for row in rows]
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    accepted = sum(row["status-code"] == _ACCEPTED for row in rows)
    # A request that got no answer has no row: it counts as failed too.
    return Measured(number, number - accepted, _duration(rows), cuts[49], cuts[98])


def _duration(rows: list[dict[str, str]]) -> float:
    return max(float(row["offset"]) + float(row["response-time"]) for row in rows)


@contextlib.contextmanager
def slow_senders(bridge: ServingBridge, *, slow: int, idle: int) -> Iterator[None]:
    """Keep connections open meanwhile: some send a byte of a body a second, some say nothing."""
    with contextlib.ExitStack() as stack:
        address = ("127.0.0.1", bridge.port)
        opened = [
            stack.enter_context(socket.create_connection(address)) for _ in range(slow + idle)
        ]
        sending = opened[:slow]
        for connection in sending:
            connection.sendall(_SLOW_HEAD.format(path=bridge.path).encode())
        ended = threading.Event()
        thread = threading.Thread(target=_trickle, args=(sending, ended))
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.set)
        yield


@contextlib.contextmanager
def wrong_secrets(bridge: ServingBridge, *, per_second: int, seconds: int) -> Iterator[None]:
    """Have somebody guess secrets meanwhile, at a steady rate."""
    url = f"http://127.0.0.1:{bridge.port}/hooks/hub/{'wrong' * 8}"
    rate = per_second // _PACED_CLIENTS
    command = ["hey", "-z", f"{seconds}s", "-c", str(_PACED_CLIENTS), "-q", str(rate)]
    command += ["-m", "POST", "-T", "application/json", "-D", str(_BODY), url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as guessing:
        yield
        guessing.terminate()


def _trickle(connections: list[socket.socket], ended: threading.Event) -> None:
    while not ended.wait(1.0):
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(b" ")
