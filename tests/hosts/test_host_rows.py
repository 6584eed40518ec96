# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows H of the fault table (docs/faults.md): a host fails, and what runs goes on."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fleet import Fleet, host_faults, images
from fleet.bridge import Bridge
from fleet.fault_proxy import Fault
from fleet.observe import running, running_digests, served
from fleet.registry_faults import bad_line
from fleet.service import Service, serving
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet

_BEFORE_THE_SWITCH = "See whether the rollout goes on"


@pytest.fixture(scope="module")
def small_disk(running_fleet: Fleet) -> Iterator[Path]:
    """The disk of the first host's Docker: small, so that it can be filled."""
    running_fleet.reset()
    with host_faults.small_disk(running_fleet.hosts[0], 300) as disk:
        yield disk


@pytest.fixture(scope="module")
def shared(
    running_fleet: Fleet, small_disk: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("host-rows"), running_fleet) as service:
        yield service


@pytest.fixture
def shop(shared: Service) -> Service:
    shared.establish()
    return shared


def test_h8_h9_each_host_says_why_it_cannot_and_nothing_is_touched(shop: Service) -> None:
    no_python, no_docker, well = shop.fleet.hosts
    with host_faults.python_missing(no_python), host_faults.docker_killed(no_docker):
        deployment = shop.deployment(shop.push_version(images.healthy))

    assert deployment.state == "failed"
    assert re.search("(?i)python|interpreter", deployment.said[no_python.name])
    assert "no Docker daemon answers" in deployment.said[no_docker.name]
    assert shop.same_containers()
    assert shop.untouched(no_python, well)


# It waits for half a minute. By day test_docker_socket.py shows what is said of such a daemon, and
# the row above that nothing is touched where a host cannot.
@pytest.mark.nightly
def test_h10_a_daemon_that_hangs_is_named_and_nothing_is_touched(shop: Service) -> None:
    hanging = shop.fleet.hosts[2]
    with host_faults.docker_hangs(hanging):
        deployment = shop.deployment(shop.push_version(images.healthy))

    assert deployment.state == "failed"
    assert "did not answer" in deployment.said[hanging.name]
    assert shop.untouched()


@pytest.mark.nightly
def test_h4_a_host_whose_shell_hangs_is_left_out_as_if_it_were_away(shop: Service) -> None:
    hanging, *others = shop.fleet.hosts
    shop.bridge.set_variables("web", docker_container_answer_timeout=8)
    with host_faults.shell_hangs(hanging):
        digest = shop.push_version(images.healthy)
        deployment = shop.deployment(digest)
    shop.bridge.set_variables("web")

    assert (deployment.state, deployment.lost) == ("partial", [hanging.name])
    assert "docker_container_answer_timeout" in deployment.said[hanging.name]
    assert [running_digests(host) for host in others] == [[digest]] * len(others)
    assert shop.untouched(hanging)


@pytest.mark.nightly
def test_h7_a_host_with_another_key_is_left_out_and_named(shop: Service) -> None:
    strange, *others = shop.fleet.hosts
    with host_faults.host_key_changed(strange):
        digest = shop.push_version(images.healthy)
        deployment = shop.deployment(digest)

        assert (deployment.state, deployment.lost) == ("partial", [strange.name])
        assert "Host key verification failed" in deployment.said[strange.name]
        assert [running_digests(host) for host in others] == [[digest]] * len(others)
        assert shop.untouched(strange)


def test_h11_h23_no_room_and_no_network_are_found_before_anything_is_stopped(
    shop: Service, small_disk: Path
) -> None:
    small = shop.fleet.hosts[0]
    shop.declare(container={"networks": [{"name": "backend"}]})
    with host_faults.disk_full(small_disk):
        deployment = shop.deployment(shop.push_version(images.healthy))

    assert deployment.state == "failed"
    assert "MB are free" in deployment.said[small.name]
    assert all("backend" in said for said in deployment.said.values())
    assert shop.untouched()


@pytest.mark.nightly
def test_h11_a_disk_that_fills_in_a_pull_is_named_and_nothing_is_touched(
    shop: Service, small_disk: Path
) -> None:
    with bad_line(shop.fleet, Fault(rate=100_000)):
        digest = shop.push_version(lambda version: images.bulky(version, 2000))
        wait_for(lambda: shop.begun("stage |", digest), "the task of staging", seconds=60)
        with host_faults.disk_full(small_disk):
            deployment = shop.deployment(digest)

    assert deployment.state == "failed"
    assert "no space left" in deployment.said[shop.fleet.hosts[0].name]
    assert shop.untouched()


@pytest.mark.nightly
def test_h11_where_the_disk_is_full_before_the_switch_nothing_is_stopped(
    shop: Service, small_disk: Path
) -> None:
    small = shop.fleet.hosts[0]
    digest = shop.push_version(images.healthy)
    wait_for(lambda: shop.begun(_BEFORE_THE_SWITCH, digest), "the end of staging", seconds=60)
    with host_faults.disk_full(small_disk):
        deployment = shop.deployment(digest)

        assert "too little to start one" in deployment.said[small.name]
        assert shop.untouched(small)
        assert served(small) == f"version {shop.version_of(shop.good)}"


@pytest.mark.nightly
def test_h11_a_version_that_fills_the_disk_goes_and_the_old_container_runs_again(
    shop: Service, small_disk: Path
) -> None:
    small = shop.fleet.hosts[0]
    shop.declare(rollout={"serial": [1, "100%"]})
    deployment = shop.deployment(shop.push_version(images.fills_the_disk))

    assert deployment.state == "restored"
    assert "it was removed, because the disk is full" in deployment.said[small.name]
    assert shop.same_containers()
    assert served(small) == f"version {shop.version_of(shop.good)}"


def test_h29_a_run_that_reaches_no_host_is_no_success(shop: Service) -> None:
    with ExitStack() as stack:
        for host in shop.fleet.hosts:
            stack.enter_context(host_faults.ssh_refused(host))
        deployment = shop.deployment(shop.push_version(images.healthy))

        assert deployment.state == "failed"
        assert shop.untouched()


@pytest.mark.nightly
def test_h25_two_bridges_on_the_same_hosts_leave_one_container_on_each(
    shop: Service, tmp_path: Path
) -> None:
    other = Bridge(tmp_path, shop.fleet)
    digests = [shop.push_version(images.healthy, tag=tag) for tag in ("a", "b")]

    both = [
        bridge.begin("deploy", "shop", "--digest", digest)
        for bridge, digest in zip((shop.bridge, other), digests, strict=True)
    ]
    ended = [one.wait(100) for one in both]

    for host in shop.fleet.hosts:
        assert len(running(host)) == 1
        assert running_digests(host)[0] in digests
    assert 0 in ended
