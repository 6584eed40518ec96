# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of docs/load-balancers.md: a rollout behind HAProxy that no client notices."""

from pathlib import Path

import pytest

from fleet import images
from fleet.balancer import balancer
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.load import load_on
from fleet.observe import every_host_runs
from fleet.waiting import wait_for
from tests.support.switching import order, run_switch, stage

pytestmark = pytest.mark.fleet


@pytest.mark.nightly
def test_a_rollout_behind_the_load_balancer_of_the_example_fails_no_request(
    fleet: Fleet, tmp_path: Path
) -> None:
    folder = Bridge(tmp_path, fleet)
    folder.declare(shop=app(fleet, rollout={"serial": 1}))
    first = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    for host in fleet.hosts:
        name = stage(host, f"{fleet.registry.address}/acme/shop", first)
        run_switch(host, order(name, first))
    second = fleet.registry.push("acme/shop", "latest", images.healthy("2"))

    with balancer(tmp_path) as haproxy, load_on("127.0.0.1", haproxy.port) as load:
        done = folder.command("deploy", "shop")
        # A check that the machine was too busy to answer in time shows as "UP 1/2" for a moment.
        wait_for(haproxy.is_up, "all hosts take part again")
        servers = haproxy.servers()

    assert done.returncode == 0, done.stdout + done.stderr
    assert every_host_runs(fleet, second)
    assert load.failed == []
    assert load.bodies() == {"version 1", "version 2"}
    assert sorted(servers) == ["h1", "h2", "h3"]
    # Nor did HAProxy have to try any request again.
    assert [one["wretr"] + one["wredis"] for one in servers.values()] == ["00"] * 3
