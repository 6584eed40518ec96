# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way on real hosts is told before any of them is changed."""

from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.playbook import playbook, reported

pytestmark = pytest.mark.fleet


def started(fleet: Fleet) -> list[list[tuple[str, str]]]:
    """Return every container of each host and when it was last started."""
    hosts = (host.containers() for host in fleet.hosts)
    return [[(one["Id"], one["State"]["StartedAt"]) for one in found] for found in hosts]


def test_pre_flight_finds_what_is_in_the_way_on_each_host(fleet: Fleet, tmp_path: Path) -> None:
    folder = Bridge(tmp_path, fleet)
    fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    assert playbook(folder, "deploy", "-e", "app=shop").returncode == 0
    before = started(fleet)
    # The app's own container holds port 80; sshd holds 22 everywhere.
    options = {"published_ports": ["80:8080", "22:8080"], "volumes": ["data:/data"]}
    folder.declare(shop=app(fleet, container={**options, "networks": [{"name": "front"}]}))
    first, *others = fleet.hosts
    first.docker("network", "create", "front")
    for host in others:
        host.docker("volume", "create", "data")

    done = playbook(folder, "deploy", "-e", "app=shop")

    assert done.returncode != 0
    problems = {host: one["problems"] for host, one in reported(folder, "problem").items()}
    assert {host: [each.split(":")[0] for each in found] for host, found in problems.items()} == {
        host.name: [
            f"there is no {'volume data' if host is first else 'network front'}",
            "port 22/tcp is held by a process that is no container",
        ]
        for host in fleet.hosts
    }
    assert started(fleet) == before
    assert all(each in done.stdout for found in problems.values() for each in found)
