# SPDX-License-Identifier: GPL-3.0-or-later
"""container_switch against a real daemon: nothing is stopped for what cannot be started."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet import host_faults, images
from fleet.host import Host
from fleet.observe import running, served
from tests.support.shop import Shop
from tests.support.switching import order, run_switch

pytestmark = pytest.mark.fleet


@dataclass(frozen=True)
class Case:
    """Options of a container, what happens after it was made, and what is said of it."""

    options: tuple[str, ...]
    said: str
    then: Callable[[Host], object] = lambda _host: None


def _stop(host: Host) -> None:
    host.docker("stop", "--time", "1", "partner")


def _remake(host: Host) -> None:
    host.docker("rm", "--force", "partner")
    _partner(host)


def _partner(host: Host) -> None:
    ours = host.containers("shop")[0]["Config"]["Image"]
    joined = ("--network", "front", "--ip", "172.31.3.7", "--ipc", "shareable")
    host.docker("run", "--detach", "--name", "partner", *joined, ours)


def _remove_network(host: Host) -> None:
    host.docker("network", "rm", "passing")


CASES = (
    Case(("--device", "/dev/missing"), "there is no device /dev/missing"),
    Case(("--ipc", "container:partner"), "which does not run", _stop),
    Case(("--pid", "container:partner"), "which does not run", _stop),
    Case(("--pid", "container:partner"), "is not on this host", _remake),
    Case(("--ipc", "container:partner"), "is not on this host", _remake),
    Case(("--ipc", "container:private"), "which keeps its IPC to itself"),
    Case(("--link", "partner:db"), "which does not run", _stop),
    Case(("--link", "partner:db"), "is not on this host", _remake),
    Case(("--network", "front", "--ip", "10.0.0.9"), "is not in the network front"),
    Case(("--network", "front", "--ip", "172.31.3.7"), "held by the container partner"),
    Case(("--network", "passing"), "there is no network passing", _remove_network),
    Case(("--publish", "10.9.9.9:81:8080"), "10.9.9.9 is not an address of this host"),
)


def test_what_the_daemon_would_refuse_to_start_stops_nothing(shop: Shop) -> None:
    host, second = shop.host, shop.push("2", images.without_healthcheck("2"))
    host.docker("network", "create", "--subnet", "172.31.3.0/24", "front")
    host.docker("network", "create", "passing")
    _partner(host)
    host.docker("run", "--detach", "--name", "private", shop.old["Config"]["Image"])

    for case in CASES:
        host.docker("start", "partner")
        name = shop.stage(second, options=case.options)
        case.then(host)

        report = run_switch(host, order(name, second))

        assert (report.outcome, report.changed) == ("failed", False), case
        assert case.said in report.reason
        assert [one["State"]["StartedAt"] for one in running(host) if _is_shop(one)] == [
            shop.old["State"]["StartedAt"]
        ]
        # The daemon agrees.
        with pytest.raises(Exception, match="Error response from daemon"):
            host.docker("start", name)
        host.docker("rm", "--volumes", name)
    with host_faults.init_missing(host):
        name = shop.stage(second, options=("--init",))
        report = run_switch(host, order(name, second))
    assert "docker-init" in report.reason
    assert served(host) == "version 1"


def _is_shop(one: dict[str, object]) -> bool:
    return str(one["Name"]).startswith("/shop-")


def test_a_container_that_could_not_come_back_is_stopped_by_nobody_but_its_owner(
    shop: Shop,
) -> None:
    host = shop.host
    host.docker("network", "create", "--subnet", "172.31.3.0/24", "front")
    _partner(host)
    second = shop.push("2", images.without_healthcheck("2"))
    assert shop.switch(second, options=("--ipc", "container:partner")).outcome == "updated"
    _remake(host)
    third = shop.push("3", images.without_healthcheck("3"))

    # It shares with that one too, so it has to be made again; what serves till then is kept.
    report = shop.switch(third, options=("--ipc", "container:partner"))

    (old,) = [one for one in running(host) if _is_shop(one)]
    assert (report.outcome, report.changed) == ("failed", False)
    assert f"{old['Name'][1:]}, which runs, could not be started again" in report.reason
    assert served(host) == "version 2"
    host.docker("stop", "--time", "1", old["Name"][1:])
    assert shop.switch(third).outcome == "updated"
    assert served(host) == "version 3"
    # Nobody can bring it back, and what comes next does without the one that is gone.
    _remake(host)
    report = shop.switch(shop.push("4", images.without_healthcheck("4")))
    assert report.outcome == "updated"
    assert f"shop-{third[7:19]} could not be put back: the container that its ipc_mode" in (
        report.reason
    )
    assert served(host) == "version 4"


def test_what_was_taken_from_an_old_container_meanwhile_stops_nothing(
    shop: Shop, tmp_path: Path
) -> None:
    host, file = shop.host, tmp_path / "app.conf"
    host.docker("network", "create", "passing")
    file.write_text("x")
    options = ("--network", "passing", "--volume", f"{file}:/etc/app.conf")
    second = shop.push("2", images.without_healthcheck("2"))
    assert shop.switch(second, options=options).outcome == "updated"
    (serves,) = [one for one in running(host) if _is_shop(one)]
    third = shop.push("3", images.without_healthcheck("3"))

    # Docker would make a folder of it, and then neither of the two could be started.
    file.unlink()
    report = shop.switch(third, options=options)

    assert (report.outcome, report.changed) == ("failed", False)
    assert "could not be started again if the new container failed" in report.reason
    assert f"there is no path {file} on this host, which volumes names" in report.reason
    assert [one["Id"] for one in running(host) if _is_shop(one)] == [serves["Id"]]

    file.write_text("x")
    host.docker("rm", f"shop-{third[7:19]}")
    assert shop.switch(third, options=("--volume", f"{file}:/etc/app.conf")).outcome == "updated"
    host.docker("network", "rm", "passing")
    host.docker("network", "create", "passing")
    report = shop.go_back(second, serves["Id"])

    assert (report.outcome, report.changed) == ("failed", False)
    assert "the network passing was made anew" in report.reason
    assert served(host) == "version 3"
    # A deployment makes it anew.
    report = shop.switch(second)
    assert (report.outcome, report.changed, report.staged) == ("failed", False, False)
    assert "the network passing was made anew" in report.reason
    # The daemon agrees, and the remedy helps.
    with pytest.raises(Exception, match="Error response from daemon"):
        host.docker("start", serves["Id"])
    host.docker("network", "disconnect", "--force", "passing", serves["Id"])
    host.docker("network", "connect", "passing", serves["Id"])
    assert shop.go_back(second, serves["Id"]).outcome == "updated"


def test_a_bound_folder_that_is_gone_stops_no_switch_and_no_way_back(
    shop: Shop, tmp_path: Path
) -> None:
    host, folder = shop.host, tmp_path / "run-shop"
    options = ("--volume", f"{folder}:/run/shop")
    second = shop.push("2", images.without_healthcheck("2"))
    assert shop.switch(second, options=options).outcome == "updated"
    (serves,) = [one for one in running(host) if _is_shop(one)]
    folder.rmdir()
    third = shop.push("3", images.without_healthcheck("3"))

    assert shop.switch(third, options=options).outcome == "updated"
    folder.rmdir()

    assert shop.go_back(second, serves["Id"]).outcome == "updated"
    assert folder.is_dir()
    assert served(host) == "version 2"


def test_a_bound_file_that_is_gone_keeps_a_kept_container_from_being_started(
    shop: Shop, tmp_path: Path
) -> None:
    host, file = shop.host, tmp_path / "app.conf"
    file.write_text("x")
    second = shop.push("2", images.without_healthcheck("2"))
    options = ("--volume", f"{file}:/etc/app.conf")
    assert shop.switch(second, options=options).outcome == "updated"
    (kept,) = [one for one in running(host) if _is_shop(one)]
    assert shop.switch(shop.push("3", images.without_healthcheck("3"))).outcome == "updated"
    file.unlink()

    report = shop.go_back(second, kept["Id"])

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"there is no path {file} on this host, which volumes names" in report.reason
    assert served(host) == "version 3"
