# SPDX-License-Identifier: GPL-3.0-or-later
"""A real `longshore serve` of its own, in a temporary folder on the disk, with no app to match."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_START_S = 20.0
_VERDICTS_S = 60.0
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_STORED = "SELECT count(*) FROM delivery"
_UNDECIDED = "SELECT count(*) FROM delivery WHERE verdict IS NULL"
# What is removed meanwhile could not be counted.
_SETTINGS = """\
[retention]
deliveries = {{number = 10000000, age = "90d"}}
[server]
listen = "127.0.0.1:{port}"
[hooks.hub]
source = "dockerhub"
secret_file = "hub"
[hooks.mine]
source = "distribution"
registry = "127.0.0.1:{closed_port}"
secret_file = "mine"
"""
# No push of the benchmark concerns this app: the verdict is `no_app`, and no registry is asked.
_APPS = """\
apps:
  other:
    image: docker.io/longshore-bench/never-pushed
    track: latest
    hosts: all
"""


@dataclass(frozen=True)
class ServingBridge:
    """A bridge that serves, and what it has stored."""

    port: int
    secret: str
    database: Path

    @property
    def path(self) -> str:
        """The path of the Docker Hub hook, secret included."""
        return f"/hooks/hub/{self.secret}"

    def stored(self, *, undecided: bool = False) -> int:
        """Return how many deliveries are stored, or how many of them have no verdict yet."""
        query = _UNDECIDED if undecided else _STORED
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            return int(connection.execute(query).fetchone()[0])

    def wait_for_verdicts(self) -> None:
        """Return when every stored delivery has its verdict; end the benchmark if one gets none."""
        deadline = time.monotonic() + _VERDICTS_S
        while waiting := self.stored(undecided=True):
            if time.monotonic() > deadline:
                sys.exit(f"{waiting} deliveries have no verdict after {_VERDICTS_S:.0f} s")
            time.sleep(0.1)


@contextlib.contextmanager
def serving_bridge(below: Path) -> Iterator[ServingBridge]:
    """Serve from a folder below a given one, and remove it at the end."""
    refuse_memory(below)
    with tempfile.TemporaryDirectory(prefix="longshore-ack-", dir=below) as name:
        folder = Path(name)
        port, secret = free_port(), secrets.token_urlsafe(32)
        _write_files(folder, port=port, secret=secret)
        with serving(folder, port=port, secret=secret) as bridge:
            yield bridge


@contextlib.contextmanager
def serving(folder: Path, *, port: int, secret: str) -> Iterator[ServingBridge]:
    """Serve from a folder whose settings name this port; `secret` is that of the hook `hub`."""
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(_command(folder), cwd=folder, stderr=log)
        try:
            _wait_until_ready(process, port, folder / "serve.log")
            yield ServingBridge(port, secret, folder / "state" / "longshore.db")
        finally:
            process.terminate()
            process.wait()


def refuse_memory(below: Path) -> None:
    """End the benchmark where a folder is in memory: a flush costs nothing there."""
    found = subprocess.run(
        ["findmnt", "-no", "FSTYPE", "-T", str(below)], capture_output=True, text=True, check=True
    )
    if found.stdout.strip() in _IN_MEMORY:
        sys.exit(f"{below} is in memory: name a folder on a disk with --folder")


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _write_files(folder: Path, *, port: int, secret: str) -> None:
    apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
    apps.parent.mkdir(parents=True)
    apps.write_text(_APPS)
    (folder / "inventory" / "hosts.yml").write_text("all: {hosts: {}}\n")
    for name, text in (("hub", secret), ("mine", secrets.token_urlsafe(32))):
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(text + "\n")
    settings = _SETTINGS.format(port=port, closed_port=free_port())
    (folder / "longshore.toml").write_text(settings)


def _command(folder: Path) -> list[str]:
    program = Path(sys.executable).with_name("longshore")
    return [str(program), "--config", str(folder / "longshore.toml"), "serve"]


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        if _is_ready(port):
            return
        time.sleep(0.1)
    sys.exit(f"longshore serve is not ready after {_START_S:.0f} s; it said:\n{log.read_text()}")


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
