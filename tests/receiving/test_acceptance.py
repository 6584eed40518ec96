# SPDX-License-Identifier: GPL-3.0-or-later
"""What an acknowledgement is worth: the real server, ended or starved at every point of the way."""

from __future__ import annotations

import http.client
import re
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.serving import BODY, COMMAND, TARGET, serving, status_of
from tests.support.tag_registry import tag_registry
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.store import Store, deliveries, releases

DIGEST = "sha256:" + "d" * 64
EVENT = (
    b'{"events": [{"action": "push", "target": {"repository": "acme/shop", "tag": "latest",'
    b' "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "%s"}}]}'
    % DIGEST.encode()
)


def stored(installation: Installation) -> list[Delivery]:
    store = Store(installation.state / "longshore.db")
    with store.read() as connection:
        found = deliveries.latest(connection, limit=1000)
    store.close()
    return found


def post(installation: Installation, body: bytes = BODY) -> tuple[int, str | None]:
    """Return status and Retry-After."""
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    connection.request("POST", TARGET, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Retry-After"]


@pytest.mark.parametrize("point", ["while_resolving", "before_verdict_commit", "after_verdict"])
def test_a_crash_on_the_way_to_the_verdict_neither_loses_nor_doubles_a_release(
    tmp_path: Path, point: str
) -> None:
    with tag_registry(latest=DIGEST) as registry:
        installation = Installation(tmp_path, registry=registry.host)
        # No run is made of it here: its hosts cannot be reached, and it is the release that counts.
        with serving(installation, LONGSHORE_CRASH_AT=point) as process:
            assert send_event(installation) == 202
            assert process.wait(60) == -signal.SIGKILL
        with serving(installation):
            wait_for(lambda: all(one.verdict for one in stored(installation)), "the verdict")

    [delivery] = stored(installation)
    store = Store(installation.state / "longshore.db")
    with store.read() as connection:
        made = releases.latest(connection, "shop", limit=9)
    store.close()
    assert delivery.verdict == "released"
    assert [one.delivery_id for one in made] == [delivery.id]


def send_event(installation: Installation) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
    secret = (installation.folder / "mine").read_text()
    connection.request("POST", "/hooks/mine", EVENT, {"Authorization": f"Bearer {secret}"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_what_was_acknowledged_is_there_after_the_process_is_killed(
    installation: Installation,
) -> None:
    with serving(installation) as process:
        acknowledged = [post(installation)[0] for _ in range(50)].count(202)
        process.kill()
        process.wait()

    assert acknowledged == 50
    assert len(stored(installation)) == 50


def test_the_flush_to_disk_comes_before_the_answer(installation: Installation) -> None:
    strace = shutil.which("strace")
    assert strace is not None, "strace is not installed; run: make setup"
    trace = installation.folder / "trace"
    with serving(installation) as process:
        watched = ["-e", "trace=fdatasync,fsync,sendto", "-p", str(process.pid)]
        tracer = subprocess.Popen(
            [strace, "-f", "-s", "20", "-o", str(trace), *watched],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        assert post(installation)[0] == 202
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()

    calls = [line for line in trace.read_text().splitlines() if re.search(r"= \d+$|HTTP/1.1", line)]
    answered = next(n for n, line in enumerate(calls) if "HTTP/1.1 202" in line)
    assert any(re.search(r"f(data)?sync.*= 0$", line) for line in calls[:answered])


def test_a_disk_that_is_full_is_never_acknowledged_and_taken_from_again_when_it_has_room(
    installation: Installation,
) -> None:
    with serving(installation) as process:
        assert post(installation)[0] == 202
        # As a full disk: no file of this process may grow any more.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        answers = [post(installation, BODY + b" " * 100_000) for _ in range(5)]
        readiness = status_of(installation, "/readyz")
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)
        wait_for(lambda: status_of(installation, "/readyz") == 200, "it is ready again")
        assert post(installation)[0] == 202

    assert {status for status, _ in answers} == {503}
    assert all(retry_after for _, retry_after in answers)
    assert readiness == 503
    assert len(stored(installation)) == 2


def damage(file: Path, how: str) -> None:
    if how == "truncated":
        file.write_bytes(file.read_bytes()[:5000])
    elif how == "overwritten":
        file.write_bytes(b"\xff" * 4096 + file.read_bytes()[4096:])
    else:
        file.write_bytes(b"this is no database, whatever its name says\n" * 100)


@pytest.mark.parametrize("how", ["truncated", "overwritten", "another file"])
def test_a_damaged_database_keeps_it_from_starting_with_one_line(
    installation: Installation, how: str
) -> None:
    store = Store(installation.state / "longshore.db")
    store.migrate()
    store.close()
    damage(store.file, how)

    command = [*COMMAND, "--config", str(installation.file), "serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert str(store.file) in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
