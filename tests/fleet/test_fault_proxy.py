# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault of a line bites, as many times as asked for; needs no fleet."""

import http.client
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fleet.fault_proxy import Fault, FaultProxy

_BODY = bytes(range(256)) * 400


class _Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(_BODY)))
        self.end_headers()
        self.wfile.write(_BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    server.handle_error = lambda *_: None  # a client that is cut off is what is tested
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    free = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    listen = ("127.0.0.1", free.server_port)
    free.server_close()
    with FaultProxy(listen, ("127.0.0.1", server.server_port)).running() as proxy:
        yield proxy
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(proxy: FaultProxy, *, timeout: float = 10) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(*proxy.listen, timeout=timeout)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_without_a_fault_everything_passes(proxy: FaultProxy) -> None:
    assert fetch(proxy) == (200, _BODY)
    assert proxy.bitten == 0


def test_a_cut_loses_what_comes_after_it(proxy: FaultProxy) -> None:
    proxy.hurt(Fault(cut_after=50_000))

    with pytest.raises(http.client.IncompleteRead):
        fetch(proxy)

    assert proxy.bitten == 1


def test_a_reset_is_seen_as_one(proxy: FaultProxy) -> None:
    proxy.hurt(Fault(cut_after=50_000, reset=True))

    with pytest.raises(ConnectionResetError):
        fetch(proxy)


def test_a_flipped_byte_changes_that_byte_alone(proxy: FaultProxy) -> None:
    proxy.hurt(Fault(flip_byte_at=60_000))

    _, body = fetch(proxy)

    assert len(body) == len(_BODY)
    assert sum(ours != theirs for ours, theirs in zip(body, _BODY, strict=True)) == 1


def test_a_silent_line_takes_the_connection_and_says_nothing(proxy: FaultProxy) -> None:
    proxy.hurt(Fault(silent=True))

    with pytest.raises(TimeoutError):
        fetch(proxy, timeout=0.3)

    assert proxy.bitten == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_canned_answer_takes_the_place_of_the_services(proxy: FaultProxy, status: int) -> None:
    proxy.hurt(Fault(status=HTTPStatus(status)))

    assert fetch(proxy)[0] == status


@pytest.mark.parametrize("fault", [Fault(delay=0.2), Fault(rate=500_000)], ids=["delay", "rate"])
def test_a_slow_line_takes_its_time_and_loses_nothing(proxy: FaultProxy, fault: Fault) -> None:
    proxy.hurt(fault)
    started = time.monotonic()

    assert fetch(proxy) == (200, _BODY)

    assert time.monotonic() - started >= 0.2


def test_a_fault_ends_after_so_many_connections(proxy: FaultProxy) -> None:
    proxy.hurt(Fault(status=HTTPStatus.SERVICE_UNAVAILABLE, times=2))

    assert [fetch(proxy)[0] for _ in range(3)] == [503, 503, 200]
    assert proxy.bitten == 2
