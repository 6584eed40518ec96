# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.installation import SECRET, Installation
from tests.support.serving import (
    BODY,
    COMMAND,
    TARGET,
    connect,
    exchange,
    request,
    serving,
    status_of,
)
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.store import Store, deliveries

LENGTH = f"Content-Length: {len(BODY)}"
MEBIBYTE = 1024 * 1024
rare = partial(pytest.param, marks=pytest.mark.nightly)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One bridge for the tests that only send it something."""
    folder: Path = tmp_path_factory.mktemp("served")
    installation = Installation(folder)
    with serving(installation):
        yield installation


def stored(installation: Installation) -> list[Delivery]:
    store = Store(installation.state / "longshore.db")
    store.migrate()
    with store.read() as connection:
        found = deliveries.latest(connection, limit=500)
    store.close()
    return found


def test_a_delivery_over_the_wire_is_acknowledged(served: Installation) -> None:
    assert exchange(served, request(LENGTH, body=BODY)).startswith(b"HTTP/1.1 202 ")


def test_the_server_does_not_say_what_it_is(served: Installation) -> None:
    assert b"server:" not in exchange(served, request(LENGTH, body=BODY)).lower()


def test_a_body_that_is_announced_as_too_large_is_refused_before_it_is_sent(
    served: Installation,
) -> None:
    stranger = request(f"Content-Length: {2 * MEBIBYTE}", target=f"{TARGET}x")
    known = request(f"Content-Length: {32 * MEBIBYTE + 1}")

    assert exchange(served, stranger).startswith(b"HTTP/1.1 413 ")
    assert exchange(served, known).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("proof", [f"Authorization: Bearer {SECRET}", "Authorization: Bearer no"])
def test_a_sender_that_the_head_proves_may_send_more_than_a_stranger(
    served: Installation, proof: str
) -> None:
    body = b'{"events": []}' + b" " * (13 * MEBIBYTE // 10)
    sent = request(proof, f"Content-Length: {len(body)}", body=body, target="/hooks/mine")

    with contextlib.suppress(ConnectionError):  # refused before all was sent
        answer = exchange(served, sent)
        assert answer.startswith(b"HTTP/1.1 202 " if SECRET in proof else b"HTTP/1.1 413 ")


def test_a_chunked_body_that_grows_too_large_is_refused(served: Installation) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    sent = request(
        "Transfer-Encoding: chunked", body=chunk * 17 + b"0\r\n\r\n", target="/hooks/mine"
    )

    answer = exchange(served, sent)

    assert b" 202 " not in answer
    assert not answer or b" 413 " in answer


def test_a_chunk_of_an_absurd_size_is_refused(served: Installation) -> None:
    answer = exchange(served, request("Transfer-Encoding: chunked", body=b"F" * 17 + b"\r\nxx"))

    assert b" 202 " not in answer
    assert status_of(served, "/healthz") == 200


def test_a_chunked_body_within_the_limit_is_taken(served: Installation) -> None:
    body = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"

    answer = exchange(served, request("Transfer-Encoding: chunked", body=body))

    assert answer.startswith(b"HTTP/1.1 202 ")


def test_a_body_shorter_than_announced_is_never_stored(served: Installation) -> None:
    before = len(stored(served))

    answer = exchange(served, request(f"Content-Length: {len(BODY) + 9}", body=BODY), finish=True)

    assert b" 202 " not in answer
    assert len(stored(served)) == before


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: -1",),
        ("Content-Length: +5",),
        ("Content-Length: 0x5",),
        ("Content-Length: 5, 6",),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: xchunked",),
        (LENGTH, "X : y"),
        (LENGTH, "Long: " + "x" * 40_000),
    ],
)
def test_a_request_that_is_framed_wrongly_is_refused(
    served: Installation, headers: tuple[str, ...]
) -> None:
    answer = exchange(served, request(*headers, body=BODY))

    assert answer[9:10] in (b"4", b"5")
    assert status_of(served, "/healthz") == 200


def test_after_two_lengths_in_one_request_nothing_more_is_read(served: Installation) -> None:
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    both = request("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n")

    answer = exchange(served, both + smuggled)

    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_sender_that_drips_is_closed_although_it_is_never_silent(served: Installation) -> None:
    dripping = connect(served)
    dripping.sendall(request("Content-Length: 100000", body=b"{"))
    dripping.setblocking(False)  # a socket of Python with a timeout waits, whatever the flags

    def is_closed() -> bool:
        try:
            dripping.send(b" ")
            return dripping.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    wait_for(is_closed, "the dripping connection is closed", seconds=30)
    dripping.close()


def test_slow_senders_do_not_keep_a_delivery_waiting(served: Installation) -> None:
    slow = [connect(served) for _ in range(200)]
    for connection in slow:
        connection.sendall(request(LENGTH, body=BODY[:10]))

    assert status_of(served, TARGET, BODY) == 202
    assert all(is_open(connection) for connection in slow)
    for connection in slow:
        connection.close()


def is_open(connection: socket.socket) -> bool:
    """Say whether the server still waits for the rest of what was begun."""
    connection.setblocking(False)  # a socket of Python with a timeout waits, whatever the flags
    with contextlib.suppress(BlockingIOError):
        connection.recv(1)
        return False
    return True


def test_no_secret_is_logged(served: Installation) -> None:
    status_of(served, TARGET, BODY)

    assert TARGET.rpartition("/")[2] not in (served.folder / "log").read_text()


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        rare("before_insert", 0),
        ("before_commit", 0),
        ("after_commit", 1),
        rare("before_verdict_commit", 1),
    ],
)
def test_a_crash_loses_nothing_that_was_committed_and_keeps_nothing_that_was_not(
    installation: Installation, point: str, kept: int
) -> None:
    with serving(installation, LONGSHORE_CRASH_AT=point) as process:
        try:
            acknowledged = status_of(installation, TARGET, BODY) == 202
        except OSError:
            acknowledged = False
        assert process.wait(60) == -signal.SIGKILL
        assert len(stored(installation)) == kept
        assert not (acknowledged and not kept)

    with serving(installation):
        wait_for(lambda: all(one.verdict for one in stored(installation)), "every verdict")
        assert [one.verdict for one in stored(installation)] == ["no_app"] * kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(installation: Installation, number: signal.Signals) -> None:
    with serving(installation) as process:
        process.send_signal(number)

        assert process.wait(60) == 0
    assert "Traceback" not in (installation.folder / "log").read_text()


# A race shows when it is tried again.
@pytest.mark.parametrize("_number", [1, rare(2), rare(3)])
def test_a_signal_ends_it_also_while_it_is_busy(installation: Installation, _number: int) -> None:
    with serving(installation) as process, connect(installation) as connection:
        connection.settimeout(5)
        connection.sendall(request(LENGTH, body=BODY) * 300)
        connection.recv(1)

        process.terminate()

        assert process.wait(60) == 0


def refusal(installation: Installation) -> tuple[int, str]:
    command = [*COMMAND, "--config", str(installation.file), "serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr


def test_a_second_one_on_the_same_folder_says_that_there_is_one(served: Installation) -> None:
    code, said = refusal(served)

    assert code == 1
    assert said.startswith("longshore: another bridge serves from")
    assert "Traceback" not in said


def test_an_address_that_is_taken_is_named(served: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path)
    other.port = served.port
    other.write_settings()

    code, said = refusal(other)

    assert code == 1
    assert f"127.0.0.1:{served.port}" in said
    assert "Traceback" not in said


def test_a_secret_that_others_can_read_keeps_it_from_starting(installation: Installation) -> None:
    (installation.folder / "hub").chmod(0o644)

    code, said = refusal(installation)

    assert code == 2
    assert "chmod 600" in said
