# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the way on real hosts is told before any of them is changed."""

import os
import stat
from pathlib import Path

import pytest

from fleet import host_faults, images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import running
from fleet.playbook import playbook, reported

pytestmark = pytest.mark.fleet


def started(fleet: Fleet) -> list[list[tuple[str, str]]]:
    """Return every container of each host and when it was last started."""
    hosts = (host.containers() for host in fleet.hosts)
    return [[(one["Id"], one["State"]["StartedAt"]) for one in found] for found in hosts]


def test_pre_flight_finds_what_is_in_the_way_on_each_host(fleet: Fleet, tmp_path: Path) -> None:
    folder = Bridge(tmp_path, fleet)
    fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    device = tmp_path / "device"
    os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    options = {"published_ports": ["80:8080"], "devices": [f"{device}:/dev/unplugged"]}
    folder.declare(shop=app(fleet, container=options))
    assert playbook(folder, "deploy", "-e", "app=shop").returncode == 0
    before = started(fleet)
    old = {host.name: running(host)[0]["Name"][1:] for host in fleet.hosts}
    # The app's own container holds port 80; sshd holds 22 everywhere.
    options = {
        "published_ports": ["80:8080", "22:8080"],
        "volumes": ["data:/data"],
        "devices": ["/dev/missing"],
        "ipc_mode": "container:missing",
        "volumes_from": ["missing"],
        "runtime": "missing",
        "device_requests": [{"capabilities": [["gpu"]]}],
        "security_opts": ["seccomp=/missing.json"],
        "init": True,
    }
    front = {"name": "front", "ipv4_address": "172.31.9.9"}
    folder.declare(shop=app(fleet, container={**options, "networks": [front]}))
    device.unlink()
    first, *others = fleet.hosts
    first.docker("network", "create", "--subnet", "172.31.9.0/24", "front")
    for host in others:
        host.docker("volume", "create", "data")

    with host_faults.init_missing(first):
        done = playbook(folder, "deploy", "-e", "app=shop")

    assert done.returncode != 0
    problems = {host: one["problems"] for host, one in reported(folder, "problem").items()}
    for host in fleet.hosts:
        expected = [
            f"there is no {'volume data' if host is first else 'network front'}",
            "port 22/tcp is held by a process outside containers",
            "there is no device /dev/missing",
            "ipc_mode names the container missing, which is not on this host",
            "volumes_from names the container missing, which is not on this host",
            "seccomp=/missing.json in security_opts is not a profile",
            "this host's Docker has no runtime missing",
            *(["this host has no docker-init"] if host is first else []),
            "this host's Docker cannot hand out a GPU",
            f"{old[host.name]}, which runs, could not be started again",
        ]
        assert len(problems[host.name]) == len(expected)
        for said, begin in zip(problems[host.name], expected, strict=True):
            assert said.startswith(begin)
    assert started(fleet) == before
    assert all(each in done.stdout for found in problems.values() for each in found)
