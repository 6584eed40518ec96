# SPDX-License-Identifier: GPL-3.0-or-later
"""container_switch with start_first against a real daemon: old and new run side by side."""

from typing import Any

import pytest

from fleet import images
from fleet.observe import running, served
from tests.support.shop import Shop

pytestmark = pytest.mark.fleet

# Any free port of the host: where the container is, a proxy finds out by itself.
BESIDE: dict[str, Any] = {"strategy": "start_first", "publish": "8080"}


def test_the_old_container_is_stopped_only_when_the_new_one_is_healthy(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second, drain=0.5, tcp="container:8080", **BESIDE)

    new = running(shop.host)[0]
    old = next(one for one in shop.host.containers("shop") if one["Id"] == shop.old["Id"])
    first_check = new["State"]["Health"]["Log"][0]["End"]
    assert (report.outcome, report.health) == ("updated", "healthy")
    assert report.previous.id == old["Id"]
    assert len(running(shop.host)) == 1
    assert new["State"]["StartedAt"] < old["State"]["FinishedAt"]
    assert first_check[:23] < old["State"]["FinishedAt"][:23]
    assert shop.policies() == {new["Name"][1:]: "always", old["Name"][1:]: "no"}


def test_after_a_failure_the_old_container_was_never_stopped(shop: Shop) -> None:
    report = shop.switch(shop.push("2", images.never_healthy("2")), **BESIDE)

    assert report.outcome == "restored"
    assert "was never stopped" in report.reason
    assert [one["State"]["StartedAt"] for one in shop.host.containers("shop")] == [
        shop.old["State"]["StartedAt"]
    ]


@pytest.mark.nightly
def test_a_fixed_host_port_is_refused_before_anything_is_started(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second, strategy="start_first")

    assert (report.outcome, report.changed) == ("failed", False)
    assert "container.published_ports fixes 80 on the host" in report.reason
    assert running(shop.host)[0]["State"]["StartedAt"] == shop.old["State"]["StartedAt"]


@pytest.mark.nightly
def test_of_a_range_of_host_ports_the_daemon_gives_the_new_container_a_free_one(shop: Shop) -> None:
    of_a_range: dict[str, Any] = {"strategy": "start_first", "publish": "8000-8009:8080"}
    assert shop.switch(shop.push("2", images.healthy("2")), **of_a_range).outcome == "updated"

    report = shop.switch(shop.push("3", images.healthy("3")), **of_a_range)

    assert report.outcome == "updated"
    assert served(shop.host, 8001) == "version 3"
