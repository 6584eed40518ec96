# SPDX-License-Identifier: GPL-3.0-or-later
"""container_switch against a real daemon: probes, going back, and failures of both containers."""

import re

import pytest

from fleet import images
from fleet.fleet import Fleet
from fleet.observe import running, served
from tests.support.shop import Shop

pytestmark = pytest.mark.fleet


def test_a_probe_that_succeeds_makes_an_image_without_health_check_healthy(shop: Shop) -> None:
    second = shop.push("2", images.without_healthcheck("2"))

    # Port 80 is the host's, 8080 the container's own.
    url = f"http://{shop.host.address}:80/"
    report = shop.switch(second, url=url, tcp="container:8080", successes=2, interval=0.2)

    assert (report.outcome, report.health) == ("updated", "healthy")
    assert served(shop.host) == "version 2"


def test_a_good_image_whose_check_is_later_than_the_timeout_is_waited_for(shop: Shop) -> None:
    second = shop.push("2", images.checked_seldom("2", interval=4))

    report = shop.switch(second, timeout=1)

    assert (report.outcome, report.health) == ("updated", "healthy")
    assert served(shop.host) == "version 2"


def test_an_image_whose_check_is_hours_away_is_refused_before_anything_is_stopped(
    shop: Shop,
) -> None:
    second = shop.push("2", images.checked_seldom("2", interval=3600, start_period=60))

    report = shop.switch(second, timeout=7)

    assert (report.outcome, report.changed) == ("failed", False)
    assert "interval 3600 s" in report.reason
    assert "health.timeout is 7 s" in report.reason
    assert running(shop.host)[0]["State"]["StartedAt"] == shop.old["State"]["StartedAt"]


def test_what_the_daemon_cannot_start_is_no_verdict_on_the_image(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second, options=("--tmpfs", "/x:size=all"))

    assert report.outcome == "restored"
    assert report.health == ""
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


def test_after_a_probe_that_fails_the_old_one_runs_again_though_it_fails_the_probe_too(
    shop: Shop,
) -> None:
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second, url="http://container:8080/missing", timeout=3)

    assert (report.outcome, report.health) == ("restored", "unhealthy")
    assert "http://container:8080/missing answered 404, not 200" in report.reason
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


@pytest.mark.nightly
def test_no_secret_of_the_environment_is_in_the_log_of_a_failed_container(shop: Shop) -> None:
    second = shop.push("2", images.tells_its_password("2"))

    report = shop.switch(second, options=("--env", "DB_PASSWORD=correct-horse"))

    assert report.outcome == "restored"
    assert report.log == ("no login with <DB_PASSWORD>",)


@pytest.mark.nightly
def test_going_back_starts_that_very_container_even_where_its_image_has_lost_its_name(
    shop: Shop,
) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    updated = shop.switch(second)
    shop.host.docker("rmi", "--force", f"{shop.image}@{shop.first}")

    report = shop.go_back(shop.first, updated.previous.id)

    assert updated.previous.id == shop.old["Id"]
    assert (report.outcome, report.container) == ("updated", shop.old["Name"][1:])
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]
    assert report.previous.digest == second
    assert shop.policies() == {f"shop-{second[7:19]}": "no", shop.old["Name"][1:]: "always"}


def test_where_the_old_container_fails_too_both_are_described_and_kept(fleet: Fleet) -> None:
    shop = Shop(fleet, images.starts_only_once("1"))

    # Not even where a glimpse of the new one is enough: its policy starts the old one for ever.
    second = shop.push("2", images.exits_at_once("2"))
    report = shop.switch(second, stable_for=0, timeout=5)

    assert (report.outcome, report.health) == ("failed", "exited")
    assert f"(shop-{second[7:19]}-trial: exited with code 3; " in report.reason
    assert "the old container" in report.reason
    assert re.search("exit(ed with)? code 4", report.reason)
    assert f"--- {shop.old['Name'][1:]}:" in report.log
    assert served(shop.host) == ""
    assert len(shop.host.containers("shop")) == 2
