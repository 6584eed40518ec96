# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of which a machine carries hundreds: a real SSH server each, and a stand-in for Docker.

Each has its own `/run` and home in a mount namespace, and an address of the loopback.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fleet import commands
from fleet.waiting import wait_for

PORT = 2294
_ROOT = Path(__file__).resolve().parent.parent
# As fleet/host_init.sh: sshd lets nobody in to a locked account, and a .bashrc costs time.
_INIT = """\
mount --bind "$0/run" /run
mount --bind "$0/home" /root
mount --bind "$0/shadow" /etc/shadow
exec "$1" -D -e -f "$0/sshd_config"
"""
_SSHD = """\
ListenAddress {address}
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
UseDNS no
PidFile none
PrintMotd no
"""


def address(number: int) -> str:
    """Return a host's address; 127.0.0.0/8 is all this machine's own."""
    return f"127.94.{number // 200}.{number % 200 + 1}"


@contextlib.contextmanager
def light_hosts(folder: Path, number: int) -> Iterator[Path]:
    """Run that many hosts, and give the inventory in which they are the group `web`."""
    for key in ("host_key", "client_key"):
        commands.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
    with contextlib.ExitStack() as stack:
        for host in range(1, number + 1):
            stack.callback(_end, _start_host(folder, host))
        stand_in = [sys.executable, "-m", "bench.docker_stand_in", str(folder), str(number)]
        stack.callback(_end, subprocess.Popen(stand_in, cwd=_ROOT, start_new_session=True))
        wait_for((folder / "ready").exists, "the stand-in for Docker")
        yield _inventory(folder, number)


def _start_host(folder: Path, host: int) -> "subprocess.Popen[bytes]":
    own = folder / str(host)
    for name in ("run/sshd", "home"):
        (own / name).mkdir(parents=True)
    (own / "shadow").write_text("root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n")
    config = _SSHD.format(address=address(host), port=PORT, folder=folder)
    (own / "sshd_config").write_text(config)
    with (own / "sshd.log").open("wb") as log:
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-euc", _INIT, str(own), str(commands.full_path("sshd"))],
            env=commands.ENVIRONMENT,
            stderr=log,
            start_new_session=True,
        )


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and what it has started."""
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _inventory(folder: Path, number: int) -> Path:
    kind, key = (folder / "host_key.pub").read_text().split()[:2]
    known = folder / "known_hosts"
    hosts = range(1, number + 1)
    known.write_text("".join(f"[{address(one)}]:{PORT} {kind} {key}\n" for one in hosts))
    options = f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes"
    lines = [
        "[web]",
        *(f"l{one} ansible_host={address(one)} ansible_port={PORT}" for one in hosts),
        "[web:vars]",
        "ansible_user=root",
        f"ansible_ssh_private_key_file={folder / 'client_key'}",
        f"ansible_ssh_common_args={options}",
        "ansible_python_interpreter=/usr/bin/python3",
    ]
    file = folder / "inventory" / "hosts.ini"
    file.parent.mkdir()
    file.write_text("\n".join(lines) + "\n")
    return file
