# SPDX-License-Identifier: GPL-3.0-or-later
from typing import Any

import pytest

from fleet import Fleet, FleetError, Host, Image, images
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet


def run_on(fleet: Fleet, image: Image, **options: bool) -> Host:
    """Push the image, start a container "web" of it on the first host, and return the host."""
    fleet.registry.push("acme/web", "1", image, **options)
    host = fleet.hosts[0]
    host.docker("run", "--detach", "--name", "web", f"{fleet.registry.address}/acme/web:1")
    return host


def state(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = host.containers()[0]["State"]
    return found


def wait_until_health(host: Host, wanted: str) -> None:
    wait_for(lambda: state(host)["Health"]["Status"] == wanted, f"a container {wanted}")


def is_killed_by_stop(host: Host) -> bool:
    """Say whether the container was still there after the four seconds to stop by itself."""
    host.docker("stop", "--time", "4", "web")
    return bool(state(host)["ExitCode"] == 137)


def test_the_same_version_has_the_same_digest_and_another_one_another() -> None:
    assert images.healthy("1").digest == images.healthy("1").digest
    assert images.healthy("1").digest != images.healthy("2").digest


def test_a_healthy_version_gets_healthy_and_stops_by_itself(fleet: Fleet) -> None:
    host = run_on(fleet, images.healthy("1"))

    wait_until_health(host, "healthy")

    assert not is_killed_by_stop(host)


def test_a_never_healthy_version_turns_unhealthy_while_it_runs(fleet: Fleet) -> None:
    host = run_on(fleet, images.never_healthy("1"))

    wait_until_health(host, "unhealthy")

    assert state(host)["Running"]


def test_a_version_that_falls_ill_is_healthy_first(fleet: Fleet) -> None:
    host = run_on(fleet, images.unhealthy_after("1", 3))

    wait_until_health(host, "healthy")
    wait_until_health(host, "unhealthy")


def test_a_version_that_exits_leaves_a_status_and_a_log(fleet: Fleet) -> None:
    host = run_on(fleet, images.exits_at_once("1"))

    wait_for(lambda: state(host)["Status"] == "exited", "the end of the container")

    assert state(host)["ExitCode"] == 3
    assert "version 1 cannot start" in host.log("web")


def test_a_version_without_a_healthcheck_runs_without_health(fleet: Fleet) -> None:
    host = run_on(fleet, images.without_healthcheck("1"))

    assert state(host)["Running"]
    assert "Health" not in state(host)


def test_a_version_that_ignores_sigterm_has_to_be_killed(fleet: Fleet) -> None:
    host = run_on(fleet, images.ignores_sigterm("1"))
    wait_until_health(host, "healthy")

    assert is_killed_by_stop(host)


def test_a_version_for_another_processor_does_not_run(fleet: Fleet) -> None:
    host = run_on(fleet, images.other_architecture("1"))

    wait_for(lambda: state(host)["Status"] == "exited", "the end of the container")

    assert state(host)["ExitCode"] != 0


def test_an_index_for_another_processor_only_cannot_be_pulled(fleet: Fleet) -> None:
    with pytest.raises(FleetError, match="no matching manifest"):
        run_on(fleet, images.other_architecture("1"), as_index=True)
