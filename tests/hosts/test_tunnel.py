# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that is reached by a tunnel, as those of AWS are: a ProxyCommand of its own."""

from pathlib import Path

import pytest

from fleet import Fleet, images
from fleet.observe import running_digests
from fleet.service import Service, serving
from fleet.waiting import wait_for
from tests.support.tunnel import Tunnel

pytestmark = pytest.mark.fleet

# The longest that a host may keep a rollout waiting after its tunnel was cut.
LOST_WITHIN_S = 20


def lead_through(tunnel: Tunnel, service: Service, host: str) -> None:
    known = service.fleet.layout.known_hosts
    checked = f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes"
    arguments = f"{checked} -o ProxyCommand='{tunnel.command}'"
    service.bridge.set_variables(host, ansible_ssh_common_args=arguments)


def is_lost(service: Service, host: str) -> bool:
    """Say whether the newest run has given a host up, be it still at work on others."""
    run = service.bridge.get(f"runs/{service.bridge.runs()[0]['id']}")
    return (host, "unreachable") in [(one["host"], one["outcome"]) for one in run["outcomes"]]


@pytest.mark.nightly
def test_a_tunnel_is_started_once_for_a_run_and_one_that_is_cut_holds_up_no_other_host(
    running_fleet: Fleet, tmp_path: Path
) -> None:
    running_fleet.reset()
    behind, *others = running_fleet.hosts
    tunnel = Tunnel(tmp_path / "tunnel")
    with serving(tmp_path, running_fleet) as service:
        lead_through(tunnel, service, behind.name)
        # Long enough for the tunnel to be cut before the first host is done.
        service.declare(health={"timeout": 20, "stable_for": 5})
        service.bring()

        digest = service.push_version(images.healthy)
        wait_for(lambda: service.begun("switch_staged |", digest), "the switch", seconds=60)
        runs = [run["id"] for run in service.bridge.runs()]
        starts = tunnel.starts()
        tunnel.cut()
        wait_for(lambda: is_lost(service, behind.name), "it is lost", seconds=LOST_WITHIN_S)
        deployment = service.deployment(digest)

    assert {run: starts.count(run) for run in starts} == dict.fromkeys(starts, 1)
    assert set(runs) <= set(starts)
    assert deployment.state == "partial"
    assert deployment.lost == [behind.name]
    assert "the connection was lost in the middle of the switch" in deployment.said[behind.name]
    assert [running_digests(host) for host in others] == [[digest]] * len(others)
