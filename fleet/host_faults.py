# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with a host: each fault lasts as long as its block.

A fault that outlives its test, because the test was killed, is ended by the next `Fleet.reset`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import commands, processes
from fleet.daemons import UPDATES_REFUSED
from fleet.errors import FleetError

if TYPE_CHECKING:
    from fleet.host import Host

_OTHER_SSHD = "sshd_config.hurt"
_FILLER = "longshore-fleet-filler"
_PYTHON = Path("/usr/bin/python3")
_INIT = Path("/usr/bin/docker-init")


# SSH


@contextlib.contextmanager
def ssh_refused(host: Host) -> Iterator[None]:
    """Nothing listens at port 22."""
    host.stop_sshd()
    try:
        yield
    finally:
        host.start_sshd()


@contextlib.contextmanager
def ssh_dropped(host: Host) -> Iterator[None]:
    """New SSH connections get no answer at all; those that are open go on."""
    host.drop("-p", "tcp", "--dport", "22", "--syn")
    try:
        yield
    finally:
        host.heal()


@contextlib.contextmanager
def black_hole(host: Host) -> Iterator[None]:
    """Every packet to the host is lost, also on connections that are open."""
    host.drop()
    try:
        yield
    finally:
        host.heal()


@contextlib.contextmanager
def registry_silent(host: Host, registry: str) -> Iterator[None]:
    """Nothing that the registry at `address:port` sends comes to the host."""
    address, _, port = registry.partition(":")
    host.drop("-p", "tcp", "-s", address, "--sport", port)
    try:
        yield
    finally:
        host.heal()


@contextlib.contextmanager
def packets_lost(host: Host, probability: float = 0.2) -> Iterator[None]:
    """Some packets to the host are lost."""
    host.drop("-m", "statistic", "--mode", "random", "--probability", str(probability))
    try:
        yield
    finally:
        host.heal()


@contextlib.contextmanager
def shell_hangs(host: Host) -> Iterator[None]:
    """Logging in works; no command is ever begun."""
    with _other_sshd(host, "ForceCommand sleep 9999\n"):
        yield


@contextlib.contextmanager
def host_key_changed(host: Host) -> Iterator[None]:
    """The host shows another key than the one that is known of it, as a stranger would."""
    key = host.folder / "other_key"
    if not key.exists():
        commands.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    with _other_sshd(host, f"HostKey {key}\n", instead_of="HostKey"):
        yield


@contextlib.contextmanager
def _other_sshd(host: Host, line: str, *, instead_of: str = "-") -> Iterator[None]:
    lines = (host.folder / "sshd_config").read_text().splitlines(keepends=True)
    kept = [each for each in lines if not each.startswith(instead_of)]
    (host.folder / _OTHER_SSHD).write_text("".join([line, *kept]))
    host.stop_sshd()
    host.start_sshd(_OTHER_SSHD)
    try:
        yield
    finally:
        host.stop_sshd()
        host.start_sshd()


@contextlib.contextmanager
def few_startups(host: Host, number: int) -> Iterator[None]:
    """sshd drops connections that come while so many others have not logged in yet."""
    with _other_sshd(host, f"MaxStartups {number}:100:{number}\n"):
        yield


@contextlib.contextmanager
def python_missing(host: Host) -> Iterator[None]:
    """The interpreter that the modules need cannot be executed."""
    host.run("mount", "--bind", "/dev/null", str(_PYTHON.resolve()))
    try:
        yield
    finally:
        _unmount(host, _PYTHON.resolve())


# Docker


@contextlib.contextmanager
def init_missing(host: Host) -> Iterator[None]:
    """The program that `--init` puts before a container's own cannot be executed."""
    program = str(_INIT.resolve())
    host.run("mount", "--bind", "/dev/null", program)
    try:
        yield
    finally:
        _unmount(host, Path(program))


@contextlib.contextmanager
def updates_refused(host: Host) -> Iterator[None]:
    """The runtime UPDATE_RUNTIME cannot change containers, for example their restart policy."""
    flag = host.folder / UPDATES_REFUSED
    flag.touch()
    try:
        yield
    finally:
        flag.unlink(missing_ok=True)


def prune(host: Host) -> None:
    """What `docker system prune --all` removes, but for networks."""
    host.docker("container", "prune", "--force")
    host.docker("image", "prune", "--all", "--force")


def take_networks(host: Host, network: str, app: str = "shop") -> None:
    """Take a network from the app's containers that were made and not started yet."""
    wanted = ("--filter", f"label=longshore.app={app}", "--filter", "status=created")
    for container in host.docker("ps", "--all", "--quiet", *wanted).split():
        with contextlib.suppress(FleetError):  # it is gone, or was started
            host.docker("network", "disconnect", "--force", network, container)


@contextlib.contextmanager
def docker_stopped(host: Host) -> Iterator[None]:
    """dockerd was stopped, and its containers with it; it starts again at the end."""
    host.stop_docker()
    try:
        yield
    finally:
        host.start_docker()


@contextlib.contextmanager
def docker_killed(host: Host) -> Iterator[None]:
    """dockerd was killed and its containers go on; it starts again at the end."""
    host.kill_docker()
    try:
        yield
    finally:
        host.start_docker()


@contextlib.contextmanager
def docker_hangs(host: Host) -> Iterator[None]:
    """dockerd takes connections and never answers."""
    host.freeze("dockerd")
    try:
        yield
    finally:
        host.thaw()


@contextlib.contextmanager
def host_hangs(host: Host) -> Iterator[None]:
    """None of the host's own processes goes on; its kernel still takes connections."""
    host.freeze()
    try:
        yield
    finally:
        host.thaw()


@contextlib.contextmanager
def small_disk(host: Host, megabytes: int) -> Iterator[Path]:
    """Give Docker an empty disk of this size; return its folder as seen from this machine."""
    host.clear()
    host.stop_docker()
    folder = host.folder / "docker"
    host.run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    host.start_docker()
    try:
        yield Path(f"/proc/{host.process()}/root{folder}")
    finally:
        _remove_small_disk(host)
        host.start_docker()


@contextlib.contextmanager
def disk_full(disk: Path, *, leave: int = 0) -> Iterator[None]:
    """Fill a small disk up to `leave` bytes."""
    free = shutil.disk_usage(disk).free
    filler = disk / _FILLER
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - leave))
    try:
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextlib.contextmanager
def port_taken(host: Host, port: int) -> Iterator[None]:
    """A process that is no container listens at this port of the host."""
    host.run("busybox", "httpd", "-p", str(port), "-h", str(host.folder / "run" / "lock"))
    try:
        yield
    finally:
        _free_ports(host)


def end_all(host: Host) -> None:
    """End every fault that may have been left behind; sshd and dockerd are started elsewhere."""
    host.thaw()
    host.heal()
    _free_ports(host)
    _unmount(host, _PYTHON.resolve())
    _unmount(host, _INIT.resolve())
    (host.folder / UPDATES_REFUSED).unlink(missing_ok=True)
    # dockerd may mount its own folder over itself: that is no small disk.
    if _is_mounted(host, host.folder / "docker", kind="tmpfs"):
        _remove_small_disk(host)


def _free_ports(host: Host) -> None:
    processes.end(lambda: host.pids("busybox"), sent=signal.SIGKILL, seconds=10)


def _remove_small_disk(host: Host) -> None:
    # A full or dead daemon cannot clear; its disk goes away all the same.
    with contextlib.suppress(FleetError):
        host.clear()
    host.stop_docker()
    _unmount(host, host.folder / "docker")


def _unmount(host: Host, path: Path) -> None:
    while _is_mounted(host, path):
        host.run("umount", "--lazy", str(path))


def _is_mounted(host: Host, path: Path, *, kind: str = "") -> bool:
    mounts = Path(f"/proc/{host.process()}/mounts").read_text()
    found = [line.split() for line in mounts.splitlines()]
    return any(each[1] == str(path) and kind in ("", each[2]) for each in found)
