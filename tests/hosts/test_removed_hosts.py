# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows H2 and H3 of the fault table: one rollout past hosts that are lost in two ways."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from fleet import Fleet, Host, host_faults, images
from fleet.observe import every_host_runs, running, running_digests
from fleet.service import Deployment, Service, serving
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet


@dataclass(frozen=True)
class Past:
    """A rollout that went past lost hosts, and what ran before."""

    service: Service
    old: str
    new: str
    deployment: Deployment
    lost: tuple[Host, Host]

    @property
    def others(self) -> list[Host]:
        return [host for host in self.service.fleet.hosts if host not in self.lost]


@pytest.fixture(scope="module")
def wide_service(
    running_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """An app on 5 hosts, so that 2 lost ones are fewer than half."""
    beside = running_fleet.layout
    first, second, third = beside.subnet.split(".")
    subnet = f"{first}.{second}.{(int(third) + 2) % 256}"
    fleet = Fleet(f"{beside.name}-w", 5, subnet=subnet)
    fleet.down()
    fleet.up()
    with serving(tmp_path_factory.mktemp("wide"), fleet) as service:
        service.establish()
        yield service
    fleet.down()


@pytest.fixture(scope="module")
def past(wide_service: Service) -> Iterator[Past]:
    """A rollout past a host that is silent and one that falls silent in it."""
    shop, old = wide_service, wide_service.good
    silent, falling = shop.fleet.hosts[:2]
    with ExitStack() as faults:
        faults.enter_context(host_faults.ssh_dropped(silent))
        new = shop.push_version(images.healthy)
        wait_for(lambda: shop.begun("switch_staged |", new), "the switch", seconds=60)
        faults.enter_context(host_faults.black_hole(falling))
        yield Past(shop, old, new, shop.deployment(new), (silent, falling))


@pytest.mark.nightly
def test_h2_h3_the_rollout_goes_past_lost_hosts_and_names_each(past: Past) -> None:
    silent, falling = past.lost

    assert past.deployment.state == "partial"
    assert past.deployment.lost == [silent.name, falling.name]
    assert "timed out" in past.deployment.said[silent.name]
    assert "in the middle of the switch" in past.deployment.said[falling.name]
    assert [running_digests(host) for host in past.others] == [[past.new]] * len(past.others)
    assert running_digests(silent) == [past.old]
    assert running_digests(falling) in ([past.old], [past.new])


@pytest.mark.nightly
def test_h2_h3_lost_hosts_are_caught_up_and_the_others_left_alone(past: Past) -> None:
    before = [running(host)[0]["Id"] for host in past.others]
    for host in past.lost:
        host.heal()

    fleet = past.service.fleet
    wait_for(lambda: every_host_runs(fleet, past.new), "all hosts to run it", seconds=90)

    assert [running(host)[0]["Id"] for host in past.others] == before
