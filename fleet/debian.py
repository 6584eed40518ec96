# SPDX-License-Identifier: GPL-3.0-or-later
"""A host with nothing but Debian: a system of its own in which Docker can be installed.

`Host` shares the machine's files, Docker included. Here the root folder is a Debian made by
mmdebstrap. What a role would install lies in apt's cache, with the lists of Debian's own archive:
apt installs from it without a network.
"""

import hashlib
import shutil
from pathlib import Path

from fleet import commands, network
from fleet.files import write_whole
from fleet.host import MARK, Host
from fleet.layout import Layout
from fleet.waiting import wait_for

_INIT = Path(__file__).with_name("debian_init.sh")
_SERVICE = Path(__file__).with_name("debian_docker.sh")
_BASES = Path("/var/cache/longshore-tests")
_INSTALLED = "iproute2,mount,openssh-server,procps,python3,python3-apt,sudo"
_CACHED = "docker.io python3-requests ca-certificates"
_MAKE = (
    *("mmdebstrap", "--variant=apt", "--skip=cleanup/apt", f"--include={_INSTALLED}"),
    # What is made here is thrown away, so it need not survive a loss of power; nobody reads it.
    *("--dpkgopt=force-unsafe-io", "--dpkgopt=path-exclude=/usr/share/doc/*"),
    (
        '--customize-hook=chroot "$1" apt-get install -qq --yes --download-only '
        f"--no-install-recommends {_CACHED}"
    ),
)


def base() -> Path:
    """The folder of a fresh Debian 12; made once for this machine."""
    name = hashlib.sha256(repr(_MAKE).encode()).hexdigest()[:12]
    folder = _BASES / f"debian-12-{name}"
    if not folder.exists():
        _BASES.mkdir(parents=True, exist_ok=True)
        unfinished = folder.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        commands.run(*_MAKE, "bookworm", str(unfinished), timeout=900)
        unfinished.rename(folder)
    return folder


class DebianHost(Host):
    """A freshly installed Debian 12 with an SSH server, on a fleet's network; no Docker yet."""

    def __init__(self, layout: Layout, number: int) -> None:
        super().__init__(layout, number)
        self.root = self.folder / "root"

    def boot(self) -> None:
        """Switch the host on, as the installer left it."""
        for name in ("run", "root", "upper/etc/init.d", "work", "docker", "containerd"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(_SERVICE, self.folder / "upper/etc/init.d/docker")
        # sudo looks its host up, and would wait for a name server that cannot be reached.
        (self.folder / "upper/etc/hosts").write_text(f"127.0.0.1 localhost {self.name}\n")
        (self.folder / "upper/etc/resolv.conf").write_text("")
        namespaces = ("--net", "--mount", "--uts", "--pid", "--fork", "--propagation", "private")
        commands.start(
            *("unshare", *namespaces, "sh", str(_INIT)),
            *(self.name, str(self.folder), str(base())),
            log=self.folder / "boot.log",
            extra_environment={MARK: str(self.folder)},
        )
        wait_for((self.folder / "run" / "booted").exists, f"boot: see {self.folder}/boot.log")
        network.plug_in(self._layout, self._number, namespace_of=self._leader())
        self._let_in()

    def inventory(self, path: Path) -> Path:
        """Write an inventory with this host alone, and return its path."""
        known_hosts = path.with_suffix(".known_hosts")
        kind, key = self.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()[:2]
        write_whole(known_hosts, f"{self.address} {kind} {key}\n")
        ssh = f"-o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=yes"
        path.write_text(
            f"{self.name} ansible_host={self.address} ansible_user=root"
            f" ansible_ssh_private_key_file={self._layout.private_key}"
            f" ansible_ssh_common_args='{ssh}' ansible_python_interpreter=/usr/bin/python3\n"
        )
        return path

    def run(self, *argv: str, timeout: float = 60) -> str:
        """Run a command in the host's system and return its output."""
        return commands.run(*self._inside(), "chroot", str(self.root), *argv, timeout=timeout)

    def _let_in(self) -> None:
        public = self._layout.private_key.with_suffix(".pub").read_text()
        self.run(
            "sh",
            "-c",
            f"umask 077; mkdir -p /root/.ssh; echo '{public}' > /root/.ssh/authorized_keys",
        )
        # apt takes lists for fresh that were read less than an hour ago, and has no network.
        self.run("touch", "/var/lib/apt/lists", "/var/cache/apt/pkgcache.bin")
        self.run("/usr/sbin/sshd")
        wait_for(self._sshd_answers, f"sshd of {self.name}")
