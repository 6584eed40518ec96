# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows R of the fault table (docs/faults.md): the registry fails, and what runs goes on."""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from fleet import Fleet, images
from fleet.fault_proxy import Fault
from fleet.host_faults import registry_silent
from fleet.observe import every_host_runs, running_digests
from fleet.registry_faults import bad_line
from fleet.service import Service, serving
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet

_HALF_A_LAYER = 500_000


@pytest.fixture(scope="module")
def shared(running_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running_fleet.reset()
    with serving(tmp_path_factory.mktemp("registry-rows"), running_fleet) as service:
        yield service


@pytest.fixture
def shop(shared: Service) -> Service:
    shared.establish()
    return shared


def bulky(version: str) -> images.Image:
    return images.bulky(version, 2000)


def test_r1_hosts_that_the_registry_does_not_serve_stop_no_other_and_are_caught_up(
    shop: Service,
) -> None:
    reaching, *unserved = shop.fleet.hosts
    # A third of it is the registry's.
    shop.bridge.set_variables("web", docker_container_answer_timeout=15)
    with contextlib.ExitStack() as faults:
        for host in unserved:
            faults.enter_context(registry_silent(host, shop.fleet.registry.address))
        digest = shop.push_version(images.healthy)
        deployment = shop.deployment(digest)

        assert deployment.state == "partial"
        assert running_digests(reaching) == [digest]
        assert shop.untouched(*unserved)
        words = {one["host"]: one["outcome"] for one in deployment.outcomes}
        assert words == {reaching.name: "updated"} | {
            host.name: "registry_trouble" for host in unserved
        }
        assert "the registry gave no answer" in deployment.said[unserved[0].name]
    wait_for(lambda: every_host_runs(shop.fleet, digest), "the catch-up", seconds=90)
    shop.bridge.set_variables("web")

    assert digest not in shop.bridge.app()["held"]


@pytest.mark.nightly
def test_r2_a_pull_that_was_cut_is_resumed(shop: Service) -> None:
    hosts = len(shop.fleet.hosts)
    with bad_line(shop.fleet, Fault(cut_after=_HALF_A_LAYER, times=hosts)) as line:
        digest = shop.push_version(bulky)
        deployment = shop.deployment(digest)

    assert line.bitten == hosts
    assert deployment.state == "succeeded"
    assert every_host_runs(shop.fleet, digest)


@pytest.mark.nightly
def test_r2_a_registry_that_dies_in_a_pull_touches_nothing(shop: Service) -> None:
    with bad_line(shop.fleet, Fault(cut_after=_HALF_A_LAYER, times=1)) as line:
        digest = shop.push_version(bulky)
        line.wait_until_bitten(seconds=60)
        line.hurt(Fault(status=HTTPStatus.SERVICE_UNAVAILABLE))
        deployment = shop.deployment(digest)

        assert deployment.state == "failed"
        assert "503" in deployment.reason
        assert shop.untouched()
    # Nothing was wrong with it: it is tried again.
    wait_for(lambda: every_host_runs(shop.fleet, digest), "the next try", seconds=90)


@pytest.mark.nightly
def test_r2_a_registry_that_limits_all_hosts_is_named_and_asked_again_later(shop: Service) -> None:
    with bad_line(shop.fleet, Fault(status=HTTPStatus.TOO_MANY_REQUESTS)):
        digest = shop.push_version(images.healthy)
        deployment = shop.deployment(digest)

        assert deployment.state == "failed"
        assert "how often" in deployment.reason
        assert {one["outcome"] for one in deployment.outcomes} == {"registry_trouble"}
        assert shop.untouched()
    wait_for(lambda: every_host_runs(shop.fleet, digest), "the next try", seconds=90)

    assert digest not in shop.bridge.app()["held"]


@pytest.mark.nightly
def test_r4_a_pull_that_takes_too_long_is_given_up_and_touches_nothing(shop: Service) -> None:
    shop.bridge.set_variables("web", docker_container_stage_timeout=15)
    with bad_line(shop.fleet, Fault(rate=8000)):
        deployment = shop.deployment(shop.push_version(bulky))
    shop.bridge.set_variables("web")

    assert deployment.state == "failed"
    assert "docker_container_stage_timeout" in deployment.reason
    assert shop.untouched()


def test_r5_a_corrupt_layer_is_refused_and_touches_nothing(shop: Service) -> None:
    runs = len(shop.bridge.runs())
    with bad_line(shop.fleet, Fault(flip_byte_at=_HALF_A_LAYER)):
        deployment = shop.deployment(shop.push_version(bulky))

    assert deployment.state == "failed"
    assert "verification failed" in deployment.reason
    assert shop.untouched()
    assert len(shop.bridge.runs()) == runs + 1


@pytest.mark.nightly
def test_r6_a_tag_that_is_deleted_before_it_is_resolved_touches_no_host(shop: Service) -> None:
    runs = len(shop.bridge.runs())
    shop.bridge.stop()
    shop.push_version(images.healthy)
    shop.delete_tag()

    shop.bridge.start()
    wait_for(lambda: "tag_gone" in shop.bridge.verdicts(), "the verdict tag_gone", seconds=30)

    assert shop.untouched()
    assert len(shop.bridge.runs()) == runs


@pytest.mark.nightly
def test_r7_a_tag_that_moved_before_it_was_resolved_brings_what_it_means_now(shop: Service) -> None:
    runs = len(shop.bridge.runs())
    shop.bridge.stop()
    shop.push_version(images.healthy)
    newest = shop.push_version(images.healthy)

    shop.bridge.start()
    shop.settled(newest)

    assert every_host_runs(shop.fleet, newest)
    assert len(shop.bridge.runs()) == runs + 1


@pytest.mark.nightly
def test_r8_a_tag_that_moves_between_two_hosts_leaves_one_digest_on_all(shop: Service) -> None:
    shop.declare(rollout={"serial": 1})
    shop.fleet.registry.notify(None)
    digest = shop.push_version(images.healthy)
    canary = shop.fleet.hosts[0]

    run = shop.bridge.begin("deploy", "shop")
    wait_for(lambda: running_digests(canary) == [digest], "the canary", seconds=60)
    moved = shop.push_version(images.healthy)
    run.wait(60)
    shop.bridge.notify()

    assert moved != digest
    assert every_host_runs(shop.fleet, digest)
