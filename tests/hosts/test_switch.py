# SPDX-License-Identifier: GPL-3.0-or-later
"""container_switch against a real daemon: every way it can end."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from fleet import images
from fleet.fleet import Fleet
from fleet.observe import running, running_digests, served
from fleet.waiting import wait_for
from tests.support.shop import Shop
from tests.support.switching import order, run_switch, stage

pytestmark = pytest.mark.fleet


def test_a_healthy_version_replaces_the_old_one_and_takes_over_its_restart(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))

    report = shop.switch(second)

    assert (report.outcome, report.health) == ("updated", "healthy")
    assert running_digests(shop.host) == [second]
    assert served(shop.host) == "version 2"
    assert shop.policies() == {f"shop-{second[7:19]}": "always", shop.old["Name"][1:]: "no"}


def test_switching_twice_changes_nothing(shop: Shop) -> None:
    report = shop.switch(shop.first)

    assert (report.outcome, report.changed) == ("unchanged", False)
    assert running(shop.host)[0]["Id"] == shop.old["Id"]


def test_without_a_health_check_the_outcome_says_so(shop: Shop) -> None:
    report = shop.switch(shop.push("2", images.without_healthcheck("2")))

    assert (report.outcome, report.health) == ("updated", "not health-checked")


@pytest.mark.parametrize(
    ("image", "health", "why"),
    [
        (images.exits_at_once("2"), "exited", "exited with code 3"),
        pytest.param(
            images.never_healthy("2"),
            "unhealthy",
            "health check says unhealthy",
            marks=pytest.mark.nightly,
        ),
        pytest.param(
            images.unhealthy_after("2", 2),
            "unhealthy",
            "health check says unhealthy",
            marks=pytest.mark.nightly,
        ),
    ],
    ids=["exits", "never healthy", "falls ill"],
)
def test_after_a_failure_the_old_container_itself_runs_again(
    shop: Shop, image: images.Image, health: str, why: str
) -> None:
    report = shop.switch(shop.push("2", image), stable_for=6)

    assert (report.outcome, report.health) == ("restored", health)
    assert why in report.reason
    assert "fix the image and push again" in report.reason
    assert [one["Id"] for one in shop.host.containers("shop")] == [shop.old["Id"]]
    assert served(shop.host) == "version 1"
    assert shop.policies() == {shop.old["Name"][1:]: "always"}


def test_the_last_log_lines_of_the_failed_container_are_kept(shop: Shop) -> None:
    report = shop.switch(shop.push("2", images.exits_at_once("2")))

    assert report.log == ("version 2 cannot start: its configuration is broken",)


def test_a_first_version_that_fails_has_nothing_to_put_back(fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/shop", "1", images.exits_at_once("1"))
    host = fleet.hosts[0]
    name = stage(host, f"{fleet.registry.address}/acme/shop", digest)

    report = run_switch(host, order(name, digest))

    assert report.outcome == "failed"
    assert "no container to put back" in report.reason
    assert host.containers("shop") == []


def test_an_image_for_another_processor_is_refused_before_the_old_one_stops(shop: Shop) -> None:
    report = shop.switch(shop.push("2", images.other_architecture("2")))

    assert (report.outcome, report.changed) == ("failed", False)
    assert "this host is" in report.reason
    assert running(shop.host)[0]["State"]["StartedAt"] == shop.old["State"]["StartedAt"]


@pytest.mark.parametrize(
    ("options", "said", "advice"),
    [
        (("--publish", "81:8080"), "port is already allocated", "free that port on this host"),
        pytest.param(
            ("--tmpfs", "/x:size=all"),
            "invalid argument",
            "correct that on this host or in the app's",
            marks=pytest.mark.nightly,
        ),
    ],
    ids=["port is held", "other refusal"],
)
def test_a_container_that_the_daemon_does_not_start_is_not_the_fault_of_its_image(
    shop: Shop, options: tuple[str, ...], said: str, advice: str
) -> None:
    shop.host.docker("run", "--detach", "--publish", "81:8080", f"{shop.image}@{shop.first}")
    second = shop.push("2", images.healthy("2"))
    wanted = order(stage(shop.host, shop.image, second, options=options), second)

    report = run_switch(shop.host, wanted)

    assert report.outcome == "restored"
    assert said in report.reason
    assert advice in report.reason
    assert "fix the image" not in report.reason
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


def test_a_container_of_that_name_without_our_label_is_left_alone(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))
    name = f"shop-{second[7:19]}"
    shop.host.docker("create", "--name", name, f"{shop.image}@{shop.first}")

    report = run_switch(shop.host, order(name, second))

    assert (report.outcome, report.changed) == ("failed", False)
    assert "not ours" in report.reason


@pytest.mark.nightly
def test_a_debug_container_with_our_labels_is_named_and_left_alone(shop: Shop) -> None:
    shop.host.docker("commit", shop.old["Id"], "debug")
    debug = shop.host.docker("run", "--detach", "--name", "debug-of-ops", "debug")
    stopped = shop.host.docker("create", "--name", "debug-stopped", "debug")
    digests = [shop.push(str(n), images.without_healthcheck(str(n))) for n in (2, 3)]

    reports = [shop.switch(digest, keep=0) for digest in digests]

    found = {one["Id"]: one["State"] for one in shop.host.containers()}
    assert found[debug]["Running"]
    assert found[debug]["StartedAt"] < found[running(shop.host)[0]["Id"]]["StartedAt"]
    assert stopped in found
    assert [one.outcome for one in reports] == ["updated", "updated"]
    left_alone = "; left alone: debug-of-ops, debug-stopped"
    assert all(one.reason.endswith(left_alone) for one in reports)


def test_going_back_to_a_kept_version_uses_the_container_that_was_kept(shop: Shop) -> None:
    shop.switch(shop.push("2", images.without_healthcheck("2")))

    report = shop.switch(shop.first)

    assert report.outcome == "updated"
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


@pytest.mark.nightly
def test_only_as_many_old_containers_and_images_are_kept_as_asked_for(shop: Shop) -> None:
    digests = [shop.push(str(n), images.without_healthcheck(str(n))) for n in (2, 3, 4)]

    for digest in digests:
        shop.switch(digest, keep=1)

    kept = {one["Config"]["Labels"]["longshore.digest"] for one in shop.host.containers("shop")}
    stored = shop.host.docker("images", "--digests", "--format", "{{.Digest}}").split()
    assert kept == set(digests[1:])
    assert digests[0] not in stored


def test_a_release_that_is_staged_again_meanwhile_does_not_stop_the_switch(shop: Shop) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    wanted = order(shop.stage(second), second)

    class OtherRunStages(Engine):
        def start(self, container: Any) -> None:
            super().start(container)
            shop.stage(second)

    report = switch(OtherRunStages(DockerSocket(str(shop.host.docker_socket))), wanted)

    assert report.outcome == "updated"
    assert [one["Name"] for one in running(shop.host)] == [f"/{wanted.name}"]
    assert len(shop.host.containers("shop")) == 2


class DaemonDies(Engine):
    """Has the daemon killed and started again right after the first starts of a new container."""

    def __init__(self, shop: Shop, *, times: int) -> None:
        super().__init__(DockerSocket(str(shop.host.docker_socket)))
        self._shop = shop
        self._left = times

    def start(self, container: Any) -> None:
        super().start(container)
        if container.id != self._shop.old["Id"] and self._left:
            self._left -= 1
            self._shop.host.kill_docker()
            # Until it is reaped it passes for one that runs, and start_docker would start none.
            wait_for(lambda: not self._shop.host.pids("dockerd"), "the end of dockerd")
            self._shop.host.start_docker()


def test_a_good_image_is_tried_again_after_the_daemon_died_in_its_trial(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))
    wanted = order(shop.stage(second), second)

    report = switch(DaemonDies(shop, times=1), wanted)

    assert (report.outcome, report.health) == ("updated", "healthy")
    assert "the Docker daemon went away meanwhile" in report.reason
    assert running_digests(shop.host) == [second]
    assert served(shop.host) == "version 2"


@pytest.mark.nightly
def test_a_bad_image_is_to_blame_also_after_the_daemon_died_once(shop: Shop) -> None:
    second = shop.push("2", images.never_healthy("2"))
    wanted = order(shop.stage(second), second)

    report = switch(DaemonDies(shop, times=1), wanted)

    assert (report.outcome, report.health) == ("restored", "unhealthy")
    assert running_digests(shop.host) == [shop.first]


@pytest.mark.nightly
def test_a_daemon_that_keeps_dying_costs_the_switch_and_blames_no_image(shop: Shop) -> None:
    second = shop.push("2", images.healthy("2"))
    wanted = order(shop.stage(second), second)

    report = switch(DaemonDies(shop, times=2), wanted)

    assert (report.outcome, report.health, report.log) == ("failed", "", ())
    assert "was not judged: the Docker daemon went away" in report.reason
    assert "image" not in report.reason
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


def test_a_stopped_container_of_the_wanted_release_is_started_again(shop: Shop) -> None:
    shop.host.docker("stop", shop.old["Id"])

    report = shop.switch(shop.first)

    assert (report.outcome, report.changed) == ("updated", True)
    assert [one["Id"] for one in running(shop.host)] == [shop.old["Id"]]


def test_a_restart_of_the_daemon_brings_back_the_new_container_only(shop: Shop) -> None:
    second = shop.push("2", images.without_healthcheck("2"))
    shop.switch(second)

    shop.host.stop_docker()
    shop.host.start_docker()

    assert running_digests(shop.host) == [second]
