# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that a rollout treats in their own way: jobs, data, fixed addresses, env files."""

from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge, app
from fleet.fleet import Fleet
from fleet.observe import running, running_digests
from fleet.playbook import playbook, reported
from tests.support.shop import Shop

pytestmark = pytest.mark.fleet


def test_a_job_that_ends_with_0_is_put_back_as_what_it_is(shop: Shop) -> None:
    report = shop.switch(shop.push("2", images.ends_well("2")))

    assert report.outcome == "restored"
    assert "it ended with exit code 0, and what is deployed has to go on running" in report.reason
    assert report.reason.endswith(": deploy what goes on running")
    assert running_digests(shop.host) == [shop.first]


def test_a_fixed_address_is_not_started_beside_the_old_container(shop: Shop) -> None:
    shop.host.docker("network", "create", "--subnet", "172.30.0.0/24", "front")
    second = shop.push("2", images.without_healthcheck("2"))
    options = ("--network", "front", "--ip", "172.30.0.9")

    report = shop.switch(second, options=options, publish="8080", strategy="start_first")

    assert (report.outcome, report.changed) == ("failed", False)
    assert "only one can have the address 172.30.0.9" in report.reason
    assert running(shop.host)[0]["State"]["StartedAt"] == shop.old["State"]["StartedAt"]


def test_data_without_a_name_and_a_changed_env_file_are_told_and_rolled_out(
    fleet: Fleet, tmp_path: Path
) -> None:
    folder = Bridge(tmp_path, fleet)
    # The hosts have this machine's files, so each has one of its own.
    env_file = f"{tmp_path}/{{{{ inventory_hostname }}}}.env"
    options = {"published_ports": ["80:8080"], "env_file": env_file}
    folder.declare(shop=app(fleet, container=options, health={"timeout": 20, "stable_for": 0.2}))
    for host in fleet.hosts:
        (tmp_path / f"{host.name}.env").write_text("LEVEL=info\n")
    fleet.registry.push("acme/shop", "latest", images.with_volume("1", "/data"))
    first = playbook(folder, "deploy", "-e", "app=shop")
    new = {host: one["reason"] for host, one in reported(folder, "outcome").items()}
    changed, *others = fleet.hosts
    (tmp_path / f"{changed.name}.env").write_text("LEVEL=debug\n")

    again = playbook(folder, "deploy", "-e", "app=shop")

    assert first.returncode == again.returncode == 0, first.stdout + again.stdout
    assert all("/data is in a volume without a name" in each for each in new.values())
    outcomes = reported(folder, "outcome")
    assert {host: one["outcome"] for host, one in outcomes.items()} == {
        changed.name: "updated",
        **{host.name: "unchanged" for host in others},
    }
    assert "what was in /data stayed with shop-" in outcomes[changed.name]["reason"]
    assert "begins with an empty /data" in again.stdout + again.stderr
    assert "LEVEL=debug" in running(changed)[0]["Config"]["Env"]
