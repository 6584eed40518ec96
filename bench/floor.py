# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: what the daemons themselves take, asked at their sockets on all hosts at once."""

import json
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench.update import REPOSITORY, Counted, Kind, Update, Way, push_and_start_clock
from fleet import Fleet, FleetError, Host, images
from fleet.docker_socket import call
from fleet.waiting import wait_for


def floor(kind: Kind = images.healthy) -> Way:
    """Return the way that pulls, stops, creates, starts and waits for health; no Ansible."""

    @contextmanager
    def way(fleet: Fleet, _: Counted) -> Iterator[Update]:
        with _at_sockets(fleet, kind) as update:
            yield Update(update)

    return way


@contextmanager
def _at_sockets(fleet: Fleet, kind: Kind) -> Iterator[Callable[[str], float]]:
    image = f"{fleet.registry.address}/{REPOSITORY}"
    with ThreadPoolExecutor(len(fleet.hosts)) as pool:

        def update(version: str) -> float:
            started = push_and_start_clock(fleet, version, kind)
            list(pool.map(lambda host: _replace(host, image, version), fleet.hosts))
            return started

        yield update


def _replace(host: Host, image: str, version: str) -> None:
    name = urllib.parse.quote(image, safe="")
    pulled = call(host.docker_socket, "POST", f"/images/create?fromImage={name}&tag=latest")
    # The daemon answers 200 before it pulls; a failure is an object in the stream.
    if b'"errorDetail"' in pulled:
        raise FleetError(f"pull on {host.name}: {pulled[-300:]!r}")
    for running in json.loads(call(host.docker_socket, "GET", "/containers/json")):
        call(host.docker_socket, "POST", f"/containers/{running['Id']}/stop")
    options = {
        "Image": f"{image}:latest",
        "HostConfig": {"PortBindings": {"8080/tcp": [{"HostPort": "80"}]}},
    }
    path = f"/containers/create?name=shop-{version}"
    created = json.loads(call(host.docker_socket, "POST", path, body=options))["Id"]
    call(host.docker_socket, "POST", f"/containers/{created}/start")
    wait_for(lambda: _is_healthy(host, created), f"a healthy container on {host.name}")


def _is_healthy(host: Host, container: str) -> bool:
    state = json.loads(call(host.docker_socket, "GET", f"/containers/{container}/json"))["State"]
    health = state.get("Health")
    return bool(state["Running"] if health is None else health["Status"] == "healthy")
