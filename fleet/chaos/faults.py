# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that a campaign draws from, by name."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus

from fleet import host_faults, processes
from fleet.errors import FleetError
from fleet.fault_proxy import Fault
from fleet.host import Host
from fleet.registry_faults import bad_line
from fleet.service import Service

# The app of a campaign is in two networks: joined by calls of their own, one can be missing.
NETWORKS = ("front", "back")
SECOND_NETWORK = NETWORKS[1]
# Inside the layer that a version of a campaign has for itself.
_IN_THE_LAYER = 50_000


@contextlib.contextmanager
def _power_fails(host: Host) -> Iterator[None]:
    host.power_off()
    try:
        yield
    finally:
        host.boot()


@contextlib.contextmanager
def _bridge_is_killed(service: Service) -> Iterator[None]:
    service.bridge.kill()
    try:
        yield
    finally:
        service.bridge.start()


@contextlib.contextmanager
def _bridge_is_restarted(service: Service) -> Iterator[None]:
    service.bridge.stop()
    try:
        yield
    finally:
        service.bridge.start()


@contextlib.contextmanager
def _ansible_is_killed(service: Service) -> Iterator[None]:
    marked = processes.environment_values("LONGSHORE_OUTCOMES")
    ours = {pid for pid, path in marked.items() if path.startswith(f"{service.bridge.folder}/")}
    # The fork server too, and what it has forked.
    ours.update(processes.working_below(service.bridge.folder / "state" / "runs"))
    processes.send(signal.SIGKILL, list(ours))
    yield


@contextlib.contextmanager
def _once(hurt: Callable[[Host], None], host: Host) -> Iterator[None]:
    # A daemon that another fault has ended has nothing left to lose.
    with contextlib.suppress(FleetError):
        hurt(host)
    yield


@contextlib.contextmanager
def _line(fault: Fault, service: Service) -> Iterator[None]:
    with bad_line(service.fleet, fault):
        yield


@contextlib.contextmanager
def _registry_is_away_for_some(service: Service) -> Iterator[None]:
    with host_faults.registry_silent(service.fleet.hosts[-1], service.fleet.registry.address):
        yield


ON_HOSTS: dict[str, Callable[[Host], AbstractContextManager[object]]] = {
    "ssh refused": host_faults.ssh_refused,
    "ssh dropped": host_faults.ssh_dropped,
    "black hole": host_faults.black_hole,
    "packets lost": host_faults.packets_lost,
    "shell hangs": host_faults.shell_hangs,
    "host key changed": host_faults.host_key_changed,
    "python missing": host_faults.python_missing,
    "docker stopped": host_faults.docker_stopped,
    "docker killed": host_faults.docker_killed,
    "docker hangs": host_faults.docker_hangs,
    "host hangs": host_faults.host_hangs,
    "power fails": _power_fails,
    "what was staged is pruned": partial(_once, host_faults.prune),
    "container half made": partial(
        _once, partial(host_faults.take_networks, network=SECOND_NETWORK)
    ),
    "init program missing": host_faults.init_missing,
    "runtime without update": host_faults.updates_refused,
}

# There is one line to the registry, and one bridge: of each of these a round has one.
ON_THE_LINE: dict[str, Callable[[Service], AbstractContextManager[object]]] = {
    "registry cuts": partial(_line, Fault(cut_after=_IN_THE_LAYER)),
    "registry resets": partial(_line, Fault(cut_after=_IN_THE_LAYER, reset=True)),
    "registry corrupts": partial(_line, Fault(flip_byte_at=_IN_THE_LAYER)),
    "registry is slow": partial(_line, Fault(rate=30_000, delay=0.1)),
    "registry is silent": partial(_line, Fault(silent=True)),
    "registry says 429": partial(_line, Fault(status=HTTPStatus.TOO_MANY_REQUESTS)),
    "registry says 503": partial(_line, Fault(status=HTTPStatus.SERVICE_UNAVAILABLE)),
}
OF_THE_BRIDGE: dict[str, Callable[[Service], AbstractContextManager[object]]] = {
    "bridge is killed": _bridge_is_killed,
    "bridge is restarted": _bridge_is_restarted,
}
ELSEWHERE: dict[str, Callable[[Service], AbstractContextManager[object]]] = {
    **ON_THE_LINE,
    **OF_THE_BRIDGE,
    "registry is away for some": _registry_is_away_for_some,
    "Ansible is killed": _ansible_is_killed,
}

NAMES = (*ON_HOSTS, *ELSEWHERE)
ONE_OF = (frozenset(ON_THE_LINE), frozenset(OF_THE_BRIDGE))


def begin(name: str, service: Service, host: Host) -> AbstractContextManager[object]:
    """Return the fault of this name; it lasts as long as its block."""
    return ON_HOSTS[name](host) if name in ON_HOSTS else ELSEWHERE[name](service)
