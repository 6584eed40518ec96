# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: its own network, mounts, name and processes, with an sshd and a dockerd inside."""

import contextlib
import json
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

from fleet import commands, daemons, docker_socket, host_faults, network, processes
from fleet.errors import FleetError
from fleet.layout import Layout
from fleet.waiting import wait_for

_INIT = Path(__file__).with_name("host_init.sh")
# In the environment of a host's first processes: the host's folder.
MARK = "LONGSHORE_FLEET_HOST"
# A chain of ours is flushed whole, whatever is in it, and leaves the daemon's own rules alone.
_IPTABLES = ("iptables", "--wait", "--table", "raw")
_CHAIN = "FLEET-FAULTS"


class Host:
    """A host of a fleet. Tests may break it in any way: `Fleet.reset` or `up` mends it."""

    def __init__(self, layout: Layout, number: int) -> None:
        self._layout = layout
        self._number = number
        self.name = f"h{number}"
        self.address = layout.address(number)
        self.folder = layout.host_folder(number)
        self.docker_socket = self.folder / "run" / "docker.sock"

    # Being there

    def up(self) -> None:
        """Make the host run with both daemons; mend what runs, start afresh where that fails."""
        if self.process() is not None:
            with contextlib.suppress(FleetError):
                self._mend()
                return
        self.down()
        self.boot()

    def down(self) -> None:
        """End the host and forget its containers and images; its host key goes too."""
        self.power_off()
        network.unplug(self._layout, self._number)
        shutil.rmtree(self.folder, ignore_errors=True)

    def boot(self) -> None:
        """Switch the host on; after `power_off` it has its old images and containers."""
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        # The kernel takes its time over a dead namespace's cable, which would pass for the new one.
        network.unplug(self._layout, self._number)
        daemons.write_configuration(self._layout, self._number)
        namespaces = ("--net", "--mount", "--uts", "--pid", "--fork", "--propagation", "private")
        commands.start(
            *("unshare", *namespaces, "sh", str(_INIT), self.name, str(self.folder)),
            log=self.folder / "boot.log",
            extra_environment={MARK: str(self.folder)},
        )
        wait_for((self.folder / "run" / "booted").exists, f"boot: see {self.folder}/boot.log")
        self._mend()

    def power_off(self) -> None:
        """End everything on the host at once, as pulling the plug does."""
        processes.end(self._processes, sent=signal.SIGKILL, seconds=30)

    def process(self) -> int | None:
        """The host's process 1 as the machine numbers it; None when the host is off."""
        return next(filter(processes.is_namespace_init, self._processes()), None)

    def is_up(self) -> bool:
        return self.process() is not None and self._sshd_answers() and self._docker_answers()

    def _mend(self) -> None:
        if not network.is_plugged_in(self._layout, self._number):
            network.plug_in(self._layout, self._number, namespace_of=self._leader())
        host_faults.end_all(self)
        self.start_sshd()
        self.start_docker()

    # Faults, and their end

    def stop_sshd(self) -> None:
        """End the listening sshd and every session, also those that ControlPersist keeps."""
        processes.end(lambda: self.pids("sshd"), sent=signal.SIGKILL, seconds=10)

    def start_sshd(self, config: str = "sshd_config") -> None:
        """Have sshd serve by this file of the host's folder, and by no other."""
        wanted = str(self.folder / config)
        if not (self._sshd_answers() and processes.mentioning(f"-f {wanted} ")):
            self.stop_sshd()
            log = str(self.folder / "sshd.log")
            self.run(str(commands.full_path("sshd")), "-f", wanted, "-E", log)
        wait_for(self._sshd_answers, f"sshd of {self.name}: see {self.folder}/sshd.log")

    def stop_docker(self) -> None:
        """End dockerd as an administrator does, and with it all containers."""
        processes.end(lambda: self.pids("dockerd"), sent=signal.SIGTERM, seconds=30)

    def kill_docker(self) -> None:
        """End dockerd as a crash does: no clean-up, containers go on."""
        processes.end(lambda: self.pids("dockerd"), sent=signal.SIGKILL, seconds=10)

    def start_docker(self) -> None:
        if not self.pids("dockerd"):
            # A new process may have the pid that the old one wrote down; dockerd then gives up.
            (self.folder / "run" / "docker.pid").unlink(missing_ok=True)
            config = str(self.folder / "daemon.json")
            commands.start(
                *self._inside(), "dockerd", "--config-file", config, log=self.folder / "dockerd.log"
            )
        wait_for(self._docker_answers, f"dockerd of {self.name}: see {self.folder}/dockerd.log")

    def black_hole(self) -> None:
        """Drop every packet that comes to the host, without an answer."""
        self.drop()

    def drop(self, *match: str) -> None:
        """Drop what comes to the host and matches, in iptables' words, without an answer."""
        if not self._has_chain():
            self.run(*_IPTABLES, "--new-chain", _CHAIN)
            # Before any other rule and for forwarded packets too: published ports count.
            self.run(*_IPTABLES, "--insert", "PREROUTING", "-i", "eth0", "-j", _CHAIN)
        self.run(*_IPTABLES, "--append", _CHAIN, *match, "-j", "DROP")

    def heal(self) -> None:
        """End all that `drop` began."""
        if self._has_chain():
            self.run(*_IPTABLES, "--flush", _CHAIN)

    def dropped_packets(self) -> int:
        """How many packets the first `drop` of those that last has swallowed."""
        counted = self.run(*_IPTABLES, "--list", _CHAIN, "--verbose", "--exact", "--numeric")
        return int(counted.splitlines()[2].split()[0])

    def _has_chain(self) -> bool:
        return f"-N {_CHAIN}" in self.run(*_IPTABLES, "--list-rules").splitlines()

    def freeze(self, command: str = "") -> None:
        """Stop the host's processes of this name, or all of its own; containers go on."""
        processes.suspend(self.pids(command))

    def thaw(self) -> None:
        """Have all that was frozen go on."""
        # An nsenter stops itself with what it started, and would never see that one's end.
        outside = processes.mentioning(f"nsenter --target {self._leader()} ")
        processes.send(signal.SIGCONT, [*self.pids(), *outside])

    # Looking and acting

    def run(self, *argv: str, timeout: float = 60) -> str:
        """Run a command on the host, past sshd, and return its output."""
        return commands.run(*self._inside(), *argv, timeout=timeout)

    def docker(self, *arguments: str, timeout: float = 60) -> str:
        """Run the docker command line against this host's daemon and return its output."""
        return commands.run(
            "docker", "--host", f"unix://{self.docker_socket}", *arguments, timeout=timeout
        ).strip()

    def containers(self, app: str | None = None) -> list[dict[str, Any]]:
        """`docker inspect` of all containers, stopped ones too, or of those of one app."""
        while True:
            ids = self._ids_of(app)
            try:
                found = json.loads(self.docker("inspect", *ids)) if ids else []
            except FleetError:
                # One may be removed between the two questions: then the first is asked anew.
                if set(ids) <= set(self._ids_of(app)):
                    raise
            else:
                return list(found)

    def _ids_of(self, app: str | None) -> list[str]:
        labels = () if app is None else ("--filter", f"label=longshore.app={app}")
        return self.docker("ps", "--all", "--quiet", "--no-trunc", *labels).split()

    def log(self, container: str) -> str:
        """What a container wrote, stdout and stderr, as json-file driver keeps it."""
        path = Path(self.docker("inspect", "--format", "{{.LogPath}}", container))
        return "".join(json.loads(line)["log"] for line in path.read_text().splitlines())

    def pids(self, command: str = "") -> list[int]:
        """The machine's numbers of the host's own processes (of that name), not of containers."""
        leader = self.process()
        return [] if leader is None else processes.in_pid_namespace_of(leader, command)

    def clear(self) -> None:
        """Remove all containers, images, networks and volumes."""
        if ids := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", "--volumes", *ids)
        self.docker("system", "prune", "--all", "--force", "--volumes")

    def _inside(self) -> tuple[str, ...]:
        kinds = ("--net", "--mount", "--uts", "--pid")
        return ("nsenter", "--target", str(self._leader()), *kinds, "--")

    def _leader(self) -> int:
        leader = self.process()
        if leader is None:
            raise FleetError(f"{self.name} is off: call boot() or `python -m fleet up`")
        return leader

    def _processes(self) -> list[int]:
        marks = processes.environment_values(MARK)
        return [pid for pid, folder in marks.items() if folder == str(self.folder)]

    def _docker_answers(self) -> bool:
        return docker_socket.answers(self.docker_socket)

    def _sshd_answers(self) -> bool:
        try:
            with socket.create_connection((self.address, 22), timeout=2) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False
