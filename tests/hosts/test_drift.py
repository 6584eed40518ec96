# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that differ from what should run: told with the reason, mended where that is allowed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet import Fleet, images
from fleet.bridge import Bridge, app
from fleet.observe import every_host_runs, running, running_digests

pytestmark = pytest.mark.fleet


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(tmp_path, fleet)
    yield made
    made.stop()


def env_of(fleet: Fleet) -> list[str]:
    """Return LOG_LEVEL of the container that runs on each host."""
    found = [running(host)[0]["Config"]["Env"] for host in fleet.hosts]
    return [one for env in found for one in env if one.startswith("LOG_LEVEL=")]


def with_options(fleet: Fleet, level: str) -> dict[str, Any]:
    made = app(fleet, rollout={"serial": [1, "100%"]})
    env = {"LOG_LEVEL": level, "PASSWORD": "swordfish"}
    return {**made, "container": {**made["container"], "env": env}}


@pytest.mark.nightly
def test_changed_options_are_named_and_rolled_out_with_the_same_digest(
    bridge: Bridge, fleet: Fleet
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    bridge.declare(shop=with_options(fleet, "info"))
    assert bridge.command("deploy", "shop").returncode == 0
    fleet.registry.push("acme/shop", "latest", images.healthy("2"))
    bridge.declare(shop=with_options(fleet, "debug"))

    told = bridge.command("reconcile", "shop")
    shown = bridge.command("status")

    assert (told.returncode, shown.returncode) == (3, 3)
    assert set(drifts(bridge).values()) == {"options"}
    number = len(fleet.hosts)
    assert f"{number} of {number} hosts run other options: env LOG_LEVEL; to roll these" in (
        shown.stdout
    )
    assert env_of(fleet) == ["LOG_LEVEL=info"] * number
    labels = [running(host)[0]["Config"]["Labels"]["longshore.options"] for host in fleet.hosts]
    assert len(set(labels)) == 1
    assert "swordfish" not in labels[0]

    done = bridge.command("deploy", "shop", "--same")

    assert done.returncode == 0, done.stderr
    assert every_host_runs(fleet, digest)
    assert env_of(fleet) == ["LOG_LEVEL=debug"] * number
    assert bridge.command("reconcile", "shop").returncode == 0
    assert bridge.command("status").returncode == 0


def drifts(bridge: Bridge) -> dict[str, Any]:
    """Return the reason of each host that differs, as `longshore status` tells it."""
    [shown] = bridge.json("status", "shop")["apps"]
    found = {one["host"]: one["drift"] for one in shown["observed"]}
    return {host: drift["reason"] for host, drift in found.items() if drift is not None}


def test_a_container_removed_by_hand_is_told_and_replaced_only_where_the_app_says_so(
    bridge: Bridge, fleet: Fleet
) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    assert bridge.command("deploy", "shop").returncode == 0
    assert every_host_runs(fleet, digest)
    assert [run["state"] for run in bridge.json("runs")["runs"]] == ["succeeded"]
    robbed = fleet.hosts[1]
    robbed.docker("rm", "--force", running(robbed)[0]["Id"])
    others = [running(host)[0]["Id"] for host in fleet.hosts if host is not robbed]

    told = bridge.command("reconcile", "shop")

    assert told.returncode == 3, told.stderr
    assert drifts(bridge) == {robbed.name: "stopped"}
    assert running_digests(robbed) == []

    bridge.declare(shop=app(fleet, drift="correct"))
    mended = bridge.command("reconcile", "shop")

    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert every_host_runs(fleet, digest)
    assert [running(host)[0]["Id"] for host in fleet.hosts if host is not robbed] == others
    [newest] = [run for run in bridge.json("runs")["runs"] if run["kind"] == "reconcile"]
    assert newest["hosts"] == [robbed.name]
