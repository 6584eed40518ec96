# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are all reached through one of them."""

from pathlib import Path

import pytest

from fleet import Fleet, images
from fleet.host_faults import few_startups
from fleet.observe import every_host_runs
from fleet.service import serving

pytestmark = pytest.mark.fleet


@pytest.mark.nightly
def test_a_bastion_that_drops_connections_loses_no_host(
    running_fleet: Fleet, tmp_path: Path
) -> None:
    running_fleet.reset()
    bastion = running_fleet.hosts[0]
    ssh = running_fleet.layout.state / "ssh"
    known = f"-o UserKnownHostsFile={ssh}/known_hosts -o StrictHostKeyChecking=yes"
    jump = f"ssh -i {ssh}/id_ed25519 {known} -W %h:%p root@{bastion.address}"
    with serving(tmp_path, running_fleet) as service, few_startups(bastion, 1):
        service.declare()
        arguments = f"{known} -o ProxyCommand='{jump}'"
        service.bridge.set_variables("web", ansible_ssh_common_args=arguments)
        digest = service.push_version(images.healthy)
        deployment = service.deployment(digest)

    assert deployment.lost == []
    assert deployment.state == "succeeded"
    assert every_host_runs(running_fleet, digest)
