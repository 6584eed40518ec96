# SPDX-License-Identifier: GPL-3.0-or-later
"""On real hosts a container is its options, wherever a call was refused or a line was cut."""

from typing import Any

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.host import Host
from fleet.observe import running, served
from fleet.playbook import playbook, reported

pytestmark = pytest.mark.fleet

TWO = [{"name": "front"}, {"name": "back", "aliases": ["web"], "ipv4_address": "172.31.2.9"}]


@pytest.fixture(scope="module")
def folder(running_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Bridge:
    """A folder whose app runs in two networks on every host."""
    fleet = running_fleet
    fleet.reset()
    folder = Bridge(tmp_path_factory.mktemp("whole"), fleet)
    fleet.registry.push("acme/shop", "latest", images.without_healthcheck("1"))
    for host in fleet.hosts:
        host.docker("network", "create", "front")
        host.docker("network", "create", "--subnet", "172.31.2.0/24", "back")
    declare(folder, networks=TWO)
    assert outcomes(folder) == ["updated"] * len(fleet.hosts)
    return folder


def declare(folder: Bridge, **options: Any) -> None:
    options = {"published_ports": ["80:8080"], **options}
    folder.declare(shop=app(folder.fleet, container=options))


def outcomes(folder: Bridge, *arguments: str) -> list[str]:
    """Deploy; return the outcomes in the order of the hosts."""
    done = playbook(folder, "deploy", "-e", "app=shop", *arguments)
    found = reported(folder, "outcome")
    assert len(found) == len(folder.fleet.hosts), done.stdout
    return [found[host.name]["outcome"] for host in folder.fleet.hosts]


def reasons(folder: Bridge) -> list[str]:
    found = reported(folder, "outcome")
    return [found[host.name]["reason"] for host in folder.fleet.hosts]


def networks(host: Host) -> dict[str, Any]:
    (only,) = running(host)
    return dict(only["NetworkSettings"]["Networks"])


def containers(host: Host) -> dict[str, str]:
    return {one["Id"]: one["State"]["StartedAt"] for one in host.containers("shop")}


def made_in_part(host: Host, name: str, like: dict[str, Any]) -> None:
    """Make the container of a release as a line that is cut after the first call leaves it."""
    labels = [f"--label={key}={value}" for key, value in like["Config"]["Labels"].items()]
    host.docker("create", "--name", name, "--network", "front", *labels, like["Config"]["Image"])


def _prune(what: str, host: Host) -> str:
    return (
        f"- ansible.builtin.command: docker {what} --force\n"
        f"  when: inventory_hostname == '{host.name}'\n"
    )


def test_a_container_that_lacks_a_network_is_made_anew(folder: Bridge) -> None:
    cut_off, parted, whole = folder.fleet.hosts
    old = {host.name: running(host)[0] for host in folder.fleet.hosts}
    name = old[cut_off.name]["Name"][1:]
    cut_off.docker("rm", "--force", name)
    made_in_part(cut_off, name, old[cut_off.name])
    parted.docker("network", "disconnect", "back", name)

    assert outcomes(folder) == ["updated", "updated", "unchanged"]
    for host in folder.fleet.hosts:
        assert networks(host).keys() == {"front", "back"}
        assert networks(host)["back"]["IPAddress"] == "172.31.2.9"
        assert "web" in networks(host)["back"]["Aliases"]
        assert running(host)[0]["Name"][1:] == name
        assert served(host) == "version 1"
    assert running(whole)[0]["Id"] == old[whole.name]["Id"]
    kept = [one["Id"] for one in parted.containers("shop") if not one["State"]["Running"]]
    assert kept == [old[parted.name]["Id"]]


@pytest.mark.nightly
def test_a_network_that_cannot_be_joined_is_a_failure_each_time(folder: Bridge) -> None:
    before = [containers(host) for host in folder.fleet.hosts]
    declare(folder, networks=[{"name": "front"}, {"name": "bridge", "aliases": ["web"]}])

    for _time in range(2):
        assert outcomes(folder) == ["failed"] * 3
        assert all("bridge" in reason for reason in reasons(folder))
        assert [containers(host) for host in folder.fleet.hosts] == before


@pytest.mark.nightly
def test_what_was_pruned_before_its_switch_is_staged_again(folder: Bridge) -> None:
    folder.fleet.registry.push("acme/shop", "latest", images.without_healthcheck("2"))
    pruned, gone, _other = folder.fleet.hosts
    declare(folder, networks=TWO)
    hook = folder.folder / "prune.yml"
    hook.write_text(_prune("system prune --all", pruned) + _prune("container prune", gone))
    folder.set_variables("web", docker_container_before_switch=str(hook))

    assert outcomes(folder) == ["updated"] * 3
    assert [served(host) for host in folder.fleet.hosts] == ["version 2"] * 3
