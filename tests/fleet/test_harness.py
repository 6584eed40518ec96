# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from fleet import Fleet, FleetError, Host, images
from fleet.commands import run
from fleet.observe import served
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet

ANSIBLE = Path(sys.executable).with_name("ansible")


def serve(fleet: Fleet, version: str) -> None:
    """Run a version on all hosts of a fleet, at port 80 of each."""
    fleet.registry.push("acme/web", version, images.healthy(version))
    reference = f"{fleet.registry.address}/acme/web:{version}"
    for host in fleet.hosts:
        host.docker("run", "--detach", "--publish", "80:8080", reference)


def served_by(host: Host) -> str:
    """What a host serves, once it does."""
    return wait_for(lambda: served(host), f"an answer of {host.name}")


def answers_ssh(fleet: Fleet, host: Host, *options: str) -> bool:
    keys = ("-i", str(fleet.layout.private_key), "-o", "BatchMode=yes")
    target = ("-o", "ConnectTimeout=2", *options, f"root@{host.address}", "hostname")
    return run("ssh", *keys, *target, check=False).strip() == host.name


def test_each_host_is_a_machine_with_its_own_name_and_docker(fleet: Fleet) -> None:
    names = [host.run("hostname").strip() for host in fleet.hosts]
    ids = {host.docker("info", "--format", "{{.ID}}") for host in fleet.hosts}

    assert names == ["h1", "h2", "h3"]
    assert len(ids) == len(fleet.hosts)


def test_ansible_reaches_every_host_through_the_inventory(fleet: Fleet, tmp_path: Path) -> None:
    inventory = fleet.write_inventory(tmp_path / "hosts.ini")
    module = ("-m", "community.docker.docker_host_info")

    done = subprocess.run(
        (ANSIBLE, "-i", inventory, "web", *module), capture_output=True, text=True, check=False
    )

    assert done.stdout.count("| SUCCESS =>") == len(fleet.hosts), done.stdout + done.stderr


def test_a_host_with_another_key_than_the_known_one_is_refused(fleet: Fleet) -> None:
    host, other = fleet.hosts[:2]
    strict = ("-o", "StrictHostKeyChecking=yes", "-o")

    assert answers_ssh(fleet, host, *strict, f"UserKnownHostsFile={fleet.layout.known_hosts}")

    assert not answers_ssh(
        fleet,
        host,
        *(*strict, f"UserKnownHostsFile={fleet.layout.known_hosts}"),
        *("-o", f"HostKeyAlias={other.address}"),
    )


def test_published_ports_are_reached_at_each_hosts_address(fleet: Fleet) -> None:
    serve(fleet, "1")

    assert [served_by(host) for host in fleet.hosts] == ["version 1"] * 3


def test_containers_are_found_by_app(fleet: Fleet) -> None:
    fleet.registry.push("acme/web", "1", images.healthy("1"))
    reference = f"{fleet.registry.address}/acme/web:1"
    host = fleet.hosts[0]
    host.docker("create", "--name", "ours", "--label", "longshore.app=shop", reference)
    host.docker("create", "--name", "theirs", reference)

    assert [found["Name"] for found in host.containers("shop")] == ["/ours"]
    assert len(host.containers()) == 2


def test_two_fleets_stand_side_by_side(fleet: Fleet, spare_fleet: Fleet) -> None:
    spare_fleet.up()
    serve(fleet, "1")
    serve(spare_fleet, "2")

    assert served_by(fleet.hosts[0]) == "version 1"
    assert served_by(spare_fleet.hosts[0]) == "version 2"

    spare_fleet.down()

    assert fleet.is_up()
    assert served_by(fleet.hosts[0]) == "version 1"


def test_a_range_that_another_fleet_uses_is_refused(fleet: Fleet) -> None:
    rival = Fleet(f"{fleet.layout.name}-c", 1, subnet=fleet.layout.subnet)

    with pytest.raises(FleetError, match=f"is in use by interface {fleet.layout.bridge}"):
        rival.up()

    rival.down()
    assert fleet.is_up()


def test_a_stopped_sshd_refuses_until_it_is_started(fleet: Fleet) -> None:
    host = fleet.hosts[0]
    known = ("-o", f"UserKnownHostsFile={fleet.layout.known_hosts}")

    host.stop_sshd()
    assert not answers_ssh(fleet, host, *known)

    host.start_sshd()
    assert answers_ssh(fleet, host, *known)


def test_a_black_hole_swallows_ssh_and_published_ports_until_healed(fleet: Fleet) -> None:
    serve(fleet, "1")
    host, other = fleet.hosts[:2]
    assert served_by(host) == "version 1"

    host.black_hole()
    for port in (22, 80):
        url = f"http://{host.address}:{port}/"
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(url, timeout=0.5)
    assert served_by(other) == "version 1"

    host.heal()
    assert served_by(host) == "version 1"


def test_a_host_that_lost_power_comes_back_with_its_containers(fleet: Fleet) -> None:
    host = fleet.hosts[0]
    fleet.registry.push("acme/web", "1", images.healthy("1"))
    reference = f"{fleet.registry.address}/acme/web:1"
    host.docker("run", "--detach", "--restart", "always", "--publish", "80:8080", reference)

    card = host.run("cat", "/sys/class/net/eth0/address")

    host.power_off()
    assert not host.is_up()
    host.boot()

    assert served_by(host) == "version 1"
    # Another address would not be found while the neighbours remember this one.
    assert host.run("cat", "/sys/class/net/eth0/address") == card


def test_reset_removes_containers_images_and_repositories(fleet: Fleet) -> None:
    serve(fleet, "1")

    fleet.reset()

    assert [host.containers() for host in fleet.hosts] == [[], [], []]
    assert [host.docker("images", "--quiet") for host in fleet.hosts] == ["", "", ""]
    assert fleet.registry.tags("acme/web") == []


def test_the_machines_own_docker_is_left_alone(spare_fleet: Fleet) -> None:
    before = _traces_of_the_machines_docker()

    spare_fleet.up()
    serve(spare_fleet, "1")
    during = _traces_of_the_machines_docker()
    spare_fleet.down()

    assert before == during == _traces_of_the_machines_docker()


def _traces_of_the_machines_docker() -> list[tuple[str, int, int]]:
    folders = (Path("/run"), Path("/run/docker"), Path("/var/lib/docker"), Path("/etc/docker"))
    present = (path for folder in folders for path in (folder, *folder.glob("*docker*")))
    return [
        (str(path), path.stat().st_ino, path.stat().st_size) for path in present if path.exists()
    ]
