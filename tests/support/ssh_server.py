# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd on the loopback with a host key of its own: nobody can log in, but it says who it is."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import free_port
from tests.support.waiting import wait_for

# Debian's is not on the path of everybody.
_SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True)
class SshServer:
    """Where it listens, and its public key as `TYPE KEY`."""

    port: int
    key: str


@contextmanager
def ssh_server() -> Iterator[SshServer]:
    """Run one until the block ends."""
    # Not below a folder of pytest's, which nobody but its owner may enter.
    with (
        tempfile.TemporaryDirectory(prefix="longshore-sshd-") as folder,
        _serving(Path(folder)) as one,
    ):
        yield one


@contextmanager
def _serving(folder: Path) -> Iterator[SshServer]:
    assert _SSHD, "sshd is missing: scripts/setup installs it"
    key = folder / "key"
    generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
    subprocess.run(generate, check=True, timeout=60)
    (folder / "config").write_text("UsePAM no\nPasswordAuthentication no\nPidFile none\n")
    server = SshServer(free_port(), key.with_suffix(".pub").read_text().strip())
    arguments = ["-D", "-e", "-f", str(folder / "config"), "-h", str(key), "-p", str(server.port)]
    command = [_SSHD, *arguments, "-o", "ListenAddress=127.0.0.1"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log, **_as_nobody(folder))
    try:
        wait_for(lambda: _answers(server.port, process, folder), "sshd answers")
        yield server
    finally:
        process.kill()
        process.wait()


def _as_nobody(folder: Path) -> dict[str, int | list[int]]:
    """Return the user for root, who would need /run/sshd for it; the folder becomes theirs."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for file in (folder, *folder.iterdir()):
        os.chown(file, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _answers(port: int, process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "log").read_text()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
