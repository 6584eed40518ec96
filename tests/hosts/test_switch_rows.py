# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows H13 to H21 of the fault table (docs/faults.md) that one switch on one host shows."""

import pytest

from fleet import host_faults, images
from fleet.fleet import Fleet
from fleet.observe import running, running_digests, served
from tests.support.shop import Shop

pytestmark = pytest.mark.fleet


@pytest.mark.parametrize(
    ("image", "why"),
    [
        pytest.param(
            images.starting_for_ever("2"),
            "did not get healthy within 3 s",
            marks=pytest.mark.nightly,
        ),
        (images.flapping("2"), "health check says unhealthy"),
    ],
    ids=["H13 starts for ever", "H15 flaps"],
)
def test_a_container_that_does_not_stay_healthy_is_replaced_by_the_old_one(
    shop: Shop, image: images.Image, why: str
) -> None:
    report = shop.switch(shop.push("2", image), timeout=3, stable_for=4)

    assert report.outcome == "restored"
    assert why in report.reason
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]
    assert served(shop.host) == "version 1"


@pytest.mark.nightly
def test_h17_an_old_container_that_ignores_sigterm_is_killed_and_not_left_behind(
    fleet: Fleet,
) -> None:
    shop = Shop(fleet, images.ignores_sigterm("1"))
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second, stop_timeout=1)

    assert report.outcome == "updated"
    old = next(one for one in shop.host.containers("shop") if one["Id"] == shop.old["Id"])
    assert (old["State"]["Running"], old["State"]["ExitCode"]) == (False, 137)
    assert running_digests(shop.host) == [second]
    assert served(shop.host) == "version 2"


def test_h18_where_a_process_holds_the_new_port_the_old_container_runs_again(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))

    with host_faults.port_taken(shop.host, 81):
        report = shop.switch(second, options=("--publish", "81:8080"))

    assert report.outcome == "restored"
    assert "address already in use" in report.reason
    assert "free that port on this host" in report.reason
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


@pytest.mark.nightly
def test_h20_a_container_that_somebody_started_by_hand_instead_is_not_destroyed(
    shop: Shop,
) -> None:
    shop.host.docker("rm", "--force", shop.old["Id"])
    by_hand = shop.host.docker(
        *("run", "--detach", "--name", "shop", "--publish", "80:8080"), f"{shop.image}@{shop.first}"
    )

    report = shop.switch(shop.push("2", images.healthy("2")))

    assert report.outcome == "failed"
    assert "port is already allocated" in report.reason
    found = {one["Id"]: one["State"]["Running"] for one in shop.host.containers()}
    assert found[by_hand]
    assert served(shop.host) == "version 1"


def test_h21_putting_back_needs_neither_the_old_image_nor_the_registry(
    shop: Shop, fleet: Fleet
) -> None:
    second = shop.push("2", images.exits_at_once("2"))
    shop.stage(second)
    fleet.registry.stop()
    shop.host.docker("image", "prune", "--all", "--force")

    report = shop.switch(second)

    assert report.outcome == "restored"
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]
    assert served(shop.host) == "version 1"
