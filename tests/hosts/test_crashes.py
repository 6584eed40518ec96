# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at every step between request and final verdict: nothing acknowledged is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import every_host_runs, processes_of, running
from fleet.waiting import wait_for

pytestmark = pytest.mark.fleet

# Places of webhook_bridge.crash_points, in the order in which a delivery passes them.
_NAMED_POINTS = [
    "before_insert",
    "before_commit",
    "after_commit",
    "while_resolving",
    "before_verdict_commit",
    "after_verdict",
    "after_claim",
    "after_play",
    "after_result_commit",
]
# Beside these, what they kill is killed in tests of the server too.
_NIGHTLY = frozenset(_NAMED_POINTS) - {"after_play"}


@pytest.fixture
def bridge(fleet: Fleet, tmp_path: Path) -> Iterator[Bridge]:
    bridge = Bridge(tmp_path, fleet)
    bridge.declare(shop=app(fleet, rollout={"serial": "100%"}))
    yield bridge
    bridge.kill()


def _converges(bridge: Bridge, fleet: Fleet, digest: str) -> None:
    """Start again what was killed; all is done that was acknowledged, and nothing twice."""
    wait_for(lambda: not processes_of(bridge.folder), "no process of the killed run", seconds=30)
    bridge.start()
    settled = bridge.wait_until_settled(digest, seconds=90)

    assert settled["state"] == "succeeded"
    assert every_host_runs(fleet, digest)
    wait_for(lambda: _all_decided(bridge), "a verdict for every delivery")
    assert not processes_of(bridge.folder)


def _all_decided(bridge: Bridge) -> bool:
    return all(one["verdict"] for one in bridge.get("deliveries")["deliveries"])


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[pytest.mark.nightly] if point in _NIGHTLY else [])
        for point in _NAMED_POINTS
    ],
)
def test_killed_at_a_named_point_the_fleet_still_converges(
    bridge: Bridge, fleet: Fleet, point: str
) -> None:
    bridge.start(crash_at=point)
    bridge.notify()
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))

    bridge.wait_until_crashed()

    _converges(bridge, fleet, digest)


@pytest.mark.parametrize("step", [pytest.param("stage", marks=pytest.mark.nightly), "switch"])
def test_killed_while_ansible_works_nothing_keeps_running_and_the_fleet_converges(
    bridge: Bridge, fleet: Fleet, step: str
) -> None:
    bridge.start()
    bridge.notify()
    first = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    bridge.wait_until_settled(first)

    digest = fleet.registry.push("acme/shop", "latest", images.healthy("2"))
    wait_for(lambda: _step_begun(bridge, step, run=2), f"the task of {step}", seconds=30)
    assert processes_of(bridge.folder)
    bridge.kill()

    _converges(bridge, fleet, digest)


@pytest.mark.nightly
def test_killed_while_it_puts_hosts_back_the_bridge_goes_on_with_it(
    bridge: Bridge, fleet: Fleet
) -> None:
    bridge.start()
    bridge.notify()
    bridge.wait_until_settled(fleet.registry.push("acme/shop", "latest", images.healthy("1")))
    old = [running(host)[0]["Id"] for host in fleet.hosts]
    bridge.declare(shop=_app_with_a_lame_host(fleet))

    bad = fleet.registry.push("acme/shop", "latest", images.healthy("2"))
    wait_for(lambda: _step_begun(bridge, "switch", run=3), "the way back", seconds=60)
    assert [running(host)[0]["Id"] for host in fleet.hosts] != old
    bridge.kill()
    wait_for(lambda: not processes_of(bridge.folder), "no process of the killed run", seconds=30)
    bridge.start()
    wait_for(lambda: _way_back_ended(bridge), "the end of the way back", seconds=60)

    bridge.wait_until_idle()
    assert bridge.app()["state"] == "succeeded"
    assert [running(host)[0]["Id"] for host in fleet.hosts] == old
    # The options were to blame, and not the image.
    assert bad not in bridge.app()["held"]


def _way_back_ended(bridge: Bridge) -> bool:
    newest = bridge.runs()[0]
    return newest["kind"] == "restore" and newest["state"] not in ("running", "interrupted")


def _app_with_a_lame_host(fleet: Fleet) -> dict[str, Any]:
    """The second host alone cannot start what is new: its container has an unknown user."""
    lame = fleet.hosts[1].name
    user = "{{ 'nobody-here' if inventory_hostname == '" + lame + "' else '0:0' }}"
    options = {"published_ports": ["80:8080"], "user": user}
    return app(fleet, container=options, rollout={"serial": [1, "100%"]})


# By their files in the role.
_TASKS = {"stage": "stage", "switch": "switch_staged"}


def _step_begun(bridge: Bridge, step: str, *, run: int) -> bool:
    """Whether the run of this number has begun this step."""
    runs = bridge.runs()
    if len(runs) < run:
        return False
    events = bridge.folder / "state/runs" / runs[0]["id"] / "events.jsonl"
    words = f"{_TASKS[step]} | "
    return events.exists() and any(words in line for line in events.read_text().splitlines())


def test_stopped_while_ansible_works_the_run_is_finished_first(
    bridge: Bridge, fleet: Fleet
) -> None:
    bridge.start()
    bridge.notify()
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    wait_for(lambda: _step_begun(bridge, "stage", run=1), "the task of staging", seconds=30)

    code = bridge.stop()

    assert code == 0
    assert every_host_runs(fleet, digest)
    assert not processes_of(bridge.folder)
