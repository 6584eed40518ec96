# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy on this machine in front of a fleet, with the files of docs/examples/haproxy."""

import csv
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from fleet import commands
from fleet.waiting import wait_for

EXAMPLE = Path(__file__).parents[1] / "docs/examples/haproxy"
_BACKEND = "shop"


@dataclass(frozen=True)
class Balancer:
    """A running HAProxy: where it serves, and its runtime socket."""

    port: int
    socket: Path

    def servers(self) -> dict[str, dict[str, str]]:
        """Return the statistics of each server, as HAProxy itself keeps them."""
        rows = csv.DictReader(self._ask("show stat").lstrip("# ").splitlines())
        names = ("FRONTEND", "BACKEND")
        return {
            r["svname"]: r for r in rows if r["pxname"] == _BACKEND and r["svname"] not in names
        }

    def is_up(self) -> bool:
        return all(one["status"] == "UP" for one in self.servers().values())

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@contextmanager
def balancer(folder: Path) -> Iterator[Balancer]:
    """Run HAProxy for the hosts of the inventory in a folder, with the example's hooks."""
    made = Balancer(_free_port(), folder / "haproxy.sock")
    _install_example(folder, made)
    program = str(commands.full_path("haproxy"))
    with (folder / "haproxy.log").open("w") as log:
        process = subprocess.Popen((program, "-db", "-f", "haproxy.cfg"), cwd=folder, stderr=log)
    try:
        wait_for(
            lambda: made.socket.exists() and made.is_up(), f"servers: see {folder}/haproxy.log"
        )
        yield made
    finally:
        process.terminate()
        process.wait(10)


def _install_example(folder: Path, made: Balancer) -> None:
    """Do what docs/load-balancers.md says, with this machine as the load balancer."""
    inventory = folder / "inventory"
    for hook in ("drain.yml", "ready.yml"):
        (folder / "hooks").mkdir(exist_ok=True)
        shutil.copy(EXAMPLE / hook, folder / "hooks" / hook)
    group = "[load_balancers]\nlb ansible_connection=local ansible_python_interpreter="
    (inventory / "load_balancers.ini").write_text(f"{group}{sys.executable}\n")
    variables = yaml.safe_load((EXAMPLE / "load_balancers.yml").read_text())
    variables.update(haproxy_socket=str(made.socket), haproxy_bind=f"127.0.0.1:{made.port}")
    file = inventory / "group_vars/all/load_balancers.yml"
    file.write_text(yaml.safe_dump(variables))
    _template(folder, EXAMPLE / "haproxy.cfg.j2", folder / "haproxy.cfg")


def _template(folder: Path, source: Path, target: Path) -> None:
    program = str(Path(sys.executable).with_name("ansible"))
    module = ("-m", "ansible.builtin.template", "-a", f"src={source} dest={target}")
    subprocess.run(
        (program, "-i", "inventory", "lb", *module),
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
