# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's log can be large, and grow while somebody reads it."""

from __future__ import annotations

import contextlib
import io
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from flask.testing import FlaskClient

from tests.support.app_rows import change_app
from tests.support.installation import TOKEN, Installation
from tests.support.serving import TARGET, connect, serving, status_of
from webhook_bridge.cli import follow, main
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import releases, runs
from webhook_bridge.store.database import open_store
from webhook_bridge.web import create_app

MEBIBYTE = 1024 * 1024
LARGE = 20 * MEBIBYTE
BEARER = {"Authorization": f"Bearer {TOKEN}"}
TEXT = b"TASK [Stage]\nok: [h1]\n\xff\n"


def log_of_a_run(installation: Installation) -> Path:
    """Return the log of a run that has ended."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        digest = f"sha256:{'1' * 64}"
        new = NewRelease("shop", "r/acme/shop", "latest", digest, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=2.0)
        runs.finish(connection, run.id, state="failed", reason="why", now=3.0)
        change_app(connection, "shop", applied_generation=1)
    store.close()
    files = RunFiles.of(installation.state, run.id)
    files.folder.mkdir(parents=True)
    return files.log


@pytest.fixture
def log(installation: Installation) -> Path:
    file = log_of_a_run(installation)
    file.write_bytes(TEXT)
    return file


@pytest.fixture
def api(installation: Installation, log: Path) -> Iterator[FlaskClient]:
    bridge = Bridge(installation.settings())
    client = create_app(bridge).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    yield client
    bridge.store.close()
    bridge._lock.release()


def url(log: Path) -> str:
    return f"/api/v1/runs/{log.parent.name}/log"


def test_a_log_is_sent_as_it_is_and_said_to_come_in_parts(api: FlaskClient, log: Path) -> None:
    answer = api.get(url(log), buffered=True)

    assert (answer.status_code, answer.data) == (200, TEXT)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.content_length == len(TEXT)


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=5-9", range(5, 10)),
        ("bytes=5-", range(5, len(TEXT))),
        ("bytes=5-99999", range(5, len(TEXT))),
        ("bytes=-4", range(len(TEXT) - 4, len(TEXT))),
        ("bytes=-99999", range(len(TEXT))),
    ],
)
def test_a_part_is_sent_that_is_asked_for(
    api: FlaskClient, log: Path, wanted: str, part: range
) -> None:
    answer = api.get(url(log), headers={"Range": wanted}, buffered=True)
    head = api.head(url(log), headers={"Range": wanted}, buffered=True)

    assert (answer.status_code, answer.data) == (206, TEXT[part.start : part.stop])
    assert answer.headers["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/{len(TEXT)}"
    assert (head.status_code, head.content_length) == (206, len(part))
    assert head.headers["Content-Range"] == answer.headers["Content-Range"]
    assert head.data == b""


@pytest.mark.parametrize(
    "wanted",
    ["bytes=25-", "bytes=9-5", "bytes=-0", "bytes=x", "bytes=0-1,3-4", "lines=0-1", "bytes=1_0-"],
)
def test_a_part_that_there_is_not_is_refused_with_how_much_there_is(
    api: FlaskClient, log: Path, wanted: str
) -> None:
    answer = api.get(url(log), headers={"Range": wanted})

    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(TEXT)}"
    assert answer.json is not None
    assert "bytes=-1000" in answer.json["message"]


def test_a_part_of_another_version_is_all_of_this_one(api: FlaskClient, log: Path) -> None:
    answer = api.get(url(log), headers={"Range": "bytes=0-1", "If-Range": '"x"'}, buffered=True)

    assert (answer.status_code, answer.data) == (200, TEXT)


def test_a_log_that_is_not_there_yet_is_empty(api: FlaskClient, log: Path) -> None:
    log.unlink()

    answers = [
        api.get(url(log), buffered=True),
        api.get(url(log), headers={"Range": "bytes=-1000"}, buffered=True),
    ]

    assert [(one.status_code, one.data) for one in answers] == [(200, b"")] * 2
    assert api.get(url(log), headers={"Range": "bytes=0-"}).status_code == 416


def resident(process_id: int) -> int:
    """Return the most memory that a process has had, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def ask(installation: Installation, log: Path, *headers: str) -> socket.socket:
    lines = [f"GET {url(log)} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {TOKEN}"]
    connection = connect(installation)
    connection.sendall("\r\n".join([*lines, *headers, "", ""]).encode())
    return connection


def rest(connection: socket.socket) -> bytes:
    """Return the body of an answer that is one."""
    with connection.makefile("rb") as answer:
        length = 0
        while (line := answer.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = answer.read(length)
        connection.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            assert answer.read(1) == b""
    connection.close()
    return body


@pytest.mark.parametrize("headers", [(), (f"Range: bytes=1-{LARGE - 1}",)])
def test_many_slow_readers_of_a_large_log_that_grows_cost_neither_memory_nor_threads(
    installation: Installation, headers: tuple[str, ...]
) -> None:
    log = log_of_a_run(installation)
    whole = b"".join(b"%015d\n" % number for number in range(LARGE // 16))
    log.write_bytes(whole)
    with serving(installation) as process:
        before = resident(process.pid)
        readers = [ask(installation, log, *headers) for _ in range(8)]
        for reader in readers:
            reader.recv(1)
        with log.open("ab") as file:
            file.write(b"later\n" * 1000)

        assert status_of(installation, TARGET, b'{"push_data": {"tag": "x"}}') in (202, 400)
        bodies = [rest(reader) for reader in readers]

        assert resident(process.pid) - before < 16 * MEBIBYTE
    assert bodies == [whole[1:] if headers else whole] * 8


def printed(installation: Installation, log: Path) -> str:
    """Return what `longshore logs` prints, in this process."""
    words = ["longshore", "--config", str(installation.file), "logs", log.parent.name]
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        mock.patch.object(sys, "argv", words),
        contextlib.suppress(SystemExit),
    ):
        main()
    return out.getvalue()


def test_the_command_prints_a_log_in_parts_wherever_they_break(
    installation: Installation, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_MOST_AT_ONCE", 3)
    log.write_bytes("ä€😀\tok\r\x1b[2J\u202e\u009b\nno end".encode() + b"\xff")

    assert printed(installation, log) == "ä€😀\tok  [2J  \nno end\ufffd"


def test_a_line_without_an_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x" * MEBIBYTE)

    parts = list(follow.GrowingText(file).parts())

    assert "".join(parts) == "x" * MEBIBYTE
    assert max(map(len, parts)) <= 64 * 1024
