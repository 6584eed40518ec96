# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout that is stopped on purpose: by a person, by a newer release."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import Fleet, images
from fleet.bridge import Bridge, app
from fleet.observe import every_host_runs, running_digests, served
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path) -> Iterator[Bridge]:
    made = Bridge(tmp_path, fleet)
    made.start()
    yield made
    made.stop()


def push(fleet: Fleet, version: str) -> str:
    return fleet.registry.push("acme/shop", "latest", images.healthy(version))


def rest_after_the_canary(bridge: Bridge, fleet: Fleet) -> tuple[str, str]:
    """Have a rollout that rests after its first host; return the digests before and after."""
    old = push(fleet, "1")
    assert bridge.command("deploy", "shop").returncode == 0
    bridge.declare(shop=app(fleet, rollout={"serial": 1, "pause": "10m"}))
    new = push(fleet, "2")
    assert bridge.command("deploy", "shop", "--no-wait").returncode == 0
    wait_for(lambda: running_digests(fleet.hosts[0]) == [new], "the canary", seconds=60)
    return old, new


def outcomes(bridge: Bridge, run: str) -> dict[str, str]:
    """Return what a run that goes on has done on each host so far."""
    found = json.loads(bridge.command("runs", run, "--json").stdout)
    assert found["state"] == "running"
    return {one["host"]: one["outcome"] for one in found["outcomes"]}


def test_a_canceled_rollout_leaves_every_host_with_a_working_container(
    bridge: Bridge, fleet: Fleet
) -> None:
    old, new = rest_after_the_canary(bridge, fleet)
    run = bridge.runs()[0]["id"]
    canary = wait_for(lambda: outcomes(bridge, run), "the canary's outcome", seconds=10)
    assert canary == {fleet.hosts[0].name: "updated"}
    assert "goes on: so far" in bridge.command("status", "shop").stdout

    done = bridge.command("cancel", run)
    again = bridge.command("cancel", run)

    assert done.returncode == 0, done.stderr
    assert (again.returncode, "has ended already: canceled" in again.stderr) == (4, True)
    rest = len(fleet.hosts) - 1
    assert [running_digests(host) for host in fleet.hosts] == [[new]] + [[old]] * rest
    assert [served(host) for host in fleet.hosts] == ["version 2"] + ["version 1"] * rest
    assert bridge.app()["held"] == {}
    assert bridge.command("reconcile", "shop").returncode == 4


@pytest.mark.nightly
def test_a_newer_release_takes_over_after_the_batch(bridge: Bridge, fleet: Fleet) -> None:
    rest_after_the_canary(bridge, fleet)
    bridge.declare(shop=app(fleet))

    newest = push(fleet, "3")
    done = bridge.command("deploy", "shop")

    assert done.returncode == 0, done.stderr
    assert every_host_runs(fleet, newest)
    assert [run["state"] for run in bridge.runs()] == ["succeeded", "superseded", "succeeded"]
