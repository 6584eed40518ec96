# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that sends a delivery by hand: harmless to look at and to paste."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from webhook_bridge.authentication import BearerToken
from webhook_bridge.operations.curl_command import curl_command
from webhook_bridge.redaction import REDACTED

TYPE = {"Content-Type": "application/json"}
SHELLS = ["bash", *(["busybox sh"] if shutil.which("busybox") else [])]


class Listener:
    """Takes one request, and keeps it as it came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/hooks/y"
        self.head, self.body = b"", b""
        self._socket.settimeout(5)
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rb") as request:
            length = 0
            while (line := request.readline()) not in (b"\r\n", b""):
                self.head += line
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                if line.lower().startswith(b"expect:"):
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.body = request.read(length)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        self._thread.join(60)
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def paste(
    listener: Listener, folder: Path, headers: Mapping[str, str], body: bytes, shell: str = "bash"
) -> str:
    """Run the command in a shell, in an empty folder; return it."""
    command = curl_command(listener.url, headers=headers, body=body, scheme=BearerToken())
    environ = {"PATH": "/usr/bin:/bin", "SECRET": "s3cret", "NO_PROXY": "*"}
    subprocess.run(
        shell.split(),
        input=command.encode(),
        cwd=folder,
        env=environ,
        check=True,
        capture_output=True,
        timeout=20,
    )
    listener.close()
    assert all(c.isprintable() or c == "\n" for c in command), command
    assert list(folder.iterdir()) == []
    return command


BODIES = [
    b'{"tag": "latest"}',
    '{\n  "tag": "é 日本 😀"\n}'.encode(),
    b'{\n\t"it\'s": "\\u001b"\n}',
    '{"\u009b31m": "\u202egpj.exe\u2066\u200b\ufeff"}'.encode(),
    b"\x1b]8;;http://x\x07\x00\xff",
    b"$(touch a) `touch b` !! \\x41 \\",
    b"@/etc/passwd",
    b"",
    json.dumps({"large": "x" * 300_000}).encode(),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("shell", SHELLS)
def test_the_body_arrives_as_it_came(
    listener: Listener, tmp_path: Path, body: bytes, shell: str
) -> None:
    paste(listener, tmp_path, TYPE, body, shell)

    assert listener.body == body


@pytest.mark.parametrize(
    "value",
    [
        b"plain",
        b"it's $(touch a) `touch b` \\x41 \\",
        "\u009b31m\u202e\u2066é".encode(),
        b"\xe9\x9b1f2m",
        b"a\tb",
        b"",
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_header_arrives_as_it_came(
    listener: Listener, tmp_path: Path, value: bytes, shell: str
) -> None:
    paste(listener, tmp_path, {**TYPE, "X-Sent": value.decode("latin-1")}, b"{}", shell)

    [line] = [one for one in listener.head.split(b"\r\n") if one.startswith(b"X-Sent:")]
    assert line.removeprefix(b"X-Sent:").removeprefix(b" ") == value


def test_the_name_of_a_header_runs_nothing(listener: Listener, tmp_path: Path) -> None:
    paste(listener, tmp_path, {**TYPE, "X-`touch`-$Home-Token": REDACTED}, b"{}")

    assert b"\r\nX-`touch`-$Home-Token: s3cret\r\n" in listener.head


def test_without_a_type_none_is_sent(listener: Listener, tmp_path: Path) -> None:
    paste(listener, tmp_path, {}, b"{}")

    assert b"content-type" not in listener.head.lower()
