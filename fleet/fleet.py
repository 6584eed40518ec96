# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet: some hosts and a registry on one network of this machine."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

from fleet import commands, control_groups, daemons, inventory, network, processes
from fleet.errors import FleetError
from fleet.files import write_whole
from fleet.host import MARK, Host
from fleet.layout import MAX_HOSTS, Layout, default_state
from fleet.registry import Registry

DEFAULT_NAME = "longshore"
DEFAULT_SUBNET = "10.77.0"


class Fleet:
    """Some hosts and a registry. Nothing runs before `up`; nothing is left after `down`."""

    def __init__(
        self,
        name: str = DEFAULT_NAME,
        hosts: int = 3,
        *,
        subnet: str = DEFAULT_SUBNET,
        state: Path | None = None,
    ) -> None:
        if not 1 <= hosts <= MAX_HOSTS:
            raise FleetError(f"{hosts} hosts: give a number from 1 to {MAX_HOSTS}")
        self.layout = Layout(name, subnet, (state or default_state(name)).absolute())
        self.hosts = [Host(self.layout, number) for number in range(1, hosts + 1)]
        self.registry = Registry(self.layout)

    @classmethod
    def of_state(cls, name: str = DEFAULT_NAME, *, state: Path | None = None) -> "Fleet":
        """The fleet that was last brought up under this name; FleetError if there is none."""
        record = _record(state or default_state(name))
        if record is None:
            raise FleetError(f"there is no fleet {name}: run `python -m fleet up`")
        return cls(name, int(record["hosts"]), subnet=str(record["subnet"]), state=state)

    def up(self) -> None:
        """Make exactly these hosts and the registry run. What runs already is used as it is."""
        commands.check_machine()
        with self._alone():
            self._remove_what_differs()
            self._write_record()
            daemons.make_client_key(self.layout)
            network.build(self.layout)
            _at_once([self.registry.start, *(host.up for host in self.hosts)])
            numbers = range(1, len(self.hosts) + 1)
            inventory.write_known_hosts(self.layout, numbers)

    def down(self) -> None:
        """Remove every process, interface, rule, control group and file of the fleet."""
        commands.check_machine()
        with self._alone():
            self._tear_down()

    def is_up(self) -> bool:
        return bool(self.registry.pids()) and all(host.is_up() for host in self.hosts)

    def reset(self) -> None:
        """Mend what a test broke and remove its containers, images, repositories, endpoint."""
        self.up()
        _at_once([self.registry.clear, *(host.clear for host in self.hosts)])

    def write_inventory(self, path: Path, *, group: str = "web") -> Path:
        """Write an Ansible inventory with all hosts in `group`, and return its path."""
        path.write_text(inventory.render(self.layout, self.hosts, group=group))
        return path

    def _remove_what_differs(self) -> None:
        """A fleet of another address range goes; of this one, hosts beyond our number."""
        record = _record(self.layout.state)
        if record is None or record["subnet"] != self.layout.subnet:
            self._tear_down()
            return
        for number in range(len(self.hosts) + 1, int(record["hosts"]) + 1):
            Host(self.layout, number).down()

    def _tear_down(self) -> None:
        """Go by what is there, not by what was written down: a crash may have come between."""
        running = set(processes.environment_values(MARK).values())
        present = [
            host
            for host in (Host(self.layout, number) for number in range(1, MAX_HOSTS + 1))
            if host.folder.exists() or str(host.folder) in running
        ]
        _at_once([self.registry.stop, *(host.down for host in present)])
        network.remove(self.layout)
        control_groups.remove(self.layout.cgroup)
        shutil.rmtree(self.layout.state, ignore_errors=True)

    def _write_record(self) -> None:
        self.layout.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        record = {"subnet": self.layout.subnet, "hosts": len(self.hosts)}
        write_whole(_record_path(self.layout.state), json.dumps(record))

    @contextlib.contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep the fleet for one user, such as a test session; FleetError if it has one."""
        with self._lock("user") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FleetError(
                    f"fleet {self.layout.name} is in use by another test session: wait for it,"
                    " or set LONGSHORE_FLEET_NAME and LONGSHORE_FLEET_SUBNET to others"
                ) from error
            yield

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for commands on this fleet: two at once would undo each other's work."""
        with self._lock("command") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock(self, purpose: str) -> TextIO:
        folder = Path("/run/lock")
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / f"longshore-fleet-{self.layout.name}.{purpose}").open("w")


def _record_path(state: Path) -> Path:
    return state / "fleet.json"


def _record(state: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(_record_path(state).read_text())
    except FileNotFoundError:
        return None
    return record


def _at_once(steps: list[Callable[[], None]]) -> None:
    """Take all steps at once, each to its end, then raise the first error there was."""
    with ThreadPoolExecutor(len(steps)) as pool:
        futures = [pool.submit(step) for step in steps]
    for future in futures:
        future.result()
