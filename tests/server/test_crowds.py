# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers with more connections than the bridge takes do not keep a delivery waiting."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import serving as support
from tests.support.installation import TOKEN, Installation
from tests.support.serving import BODY, TARGET, connect, request, serving, status_of

LENGTH = f"Content-Length: {len(BODY)}"
_SETTLED_S = 2.0
# As runs and their logs do: connections then get numbers over 1023, which select does not take.
_WITH_MANY_FILES = """
import os
for _ in range(100):
    os.open(os.devnull, os.O_RDONLY)
from webhook_bridge.cli import main
main()
"""
_DELIVERIES = 15
_BETWEEN_S = 0.2


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("crowded")
    installation = Installation(folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(support, "COMMAND", [sys.executable, "-c", _WITH_MANY_FILES])
        with serving(installation):
            yield installation


@contextmanager
def crowd(installation: Installation, kind: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.support.crowd", str(installation.port), kind]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    try:
        time.sleep(_SETTLED_S)
        yield
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind", ["probe", "guess", "silent", "unfinished"])
def test_a_delivery_is_answered_while_a_crowd_holds_on_to_connections(
    served: Installation, kind: str
) -> None:
    with crowd(served, kind):
        for _ in range(_DELIVERIES):  # each with the patience of an ordinary sender, ten seconds
            assert status_of(served, TARGET, BODY) == 202
            time.sleep(_BETWEEN_S)


def kept(installation: Installation, sent: bytes) -> bool:
    """Say whether the connection is still there after the answer; the answer says so too."""
    with connect(installation) as connection:
        connection.sendall(sent)
        head = connection.recv(65536)
        connection.settimeout(0.3)
        try:
            while part := connection.recv(65536):
                head += part
            is_kept = False
        except TimeoutError:
            is_kept = True
    assert (b"connection: close" in head.lower()) is not is_kept
    return is_kept


def asked(target: str, *headers: str, version: str = "1.1", method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", "Host: 127.0.0.1", *headers, "", ""]
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize(
    "sent",
    [
        asked("/healthz"),
        asked("/readyz", method="HEAD"),
        asked("/healthz", "Connection: keep-alive", version="1.0"),
        asked("/nowhere"),
        asked("/api/v1/apps"),
        asked("/api/v1/apps", "Authorization: Bearer wrong"),
        asked("/hooks/hub"),
        request(LENGTH, body=BODY, target="/hooks/hub/wrong"),
        request(LENGTH, body=BODY, target="/hooks/mine"),
        request("Content-Length: 1", body=b"{"),
    ],
)
def test_the_connection_of_a_stranger_ends_with_the_answer(
    served: Installation, sent: bytes
) -> None:
    assert not kept(served, sent)


@pytest.mark.parametrize(
    "sent",
    [
        request(LENGTH, body=BODY),
        asked("/api/v1/apps", f"Authorization: Bearer {TOKEN}"),
        asked("/api/v1/apps/none", f"Authorization: Bearer {TOKEN}"),
    ],
)
def test_the_connection_of_one_who_knows_a_secret_is_kept(
    served: Installation, sent: bytes
) -> None:
    assert kept(served, sent)
