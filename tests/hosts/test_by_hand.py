# SPDX-License-Identifier: GPL-3.0-or-later
"""Without the bridge: plain ansible-playbook, and `longshore deploy` when nothing serves."""

import json
from pathlib import Path

import pytest

from fleet import images
from fleet.bridge import Bridge
from fleet.fleet import Fleet
from fleet.observe import every_host_runs, running
from fleet.playbook import playbook
from tests.support.sudo import PASSWORD, Sudo

pytestmark = pytest.mark.fleet


@pytest.fixture
def folder(fleet: Fleet, tmp_path: Path) -> Bridge:
    """Return a bridge's folder; the bridge itself is never started."""
    return Bridge(tmp_path, fleet)


@pytest.mark.matrix
def test_ansible_playbook_alone_deploys_what_the_tag_means(folder: Bridge, fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))

    done = playbook(folder, "deploy", "-e", "app=shop")
    ids = [running(host)[0]["Id"] for host in fleet.hosts]
    again = playbook(folder, "deploy", "-e", "app=shop")
    shown = playbook(folder, "status")

    assert done.returncode == 0, done.stdout + done.stderr
    assert every_host_runs(fleet, digest)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "changed=1" not in again.stdout
    assert [running(host)[0]["Id"] for host in fleet.hosts] == ids
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert digest.removeprefix("sha256:")[:12] in shown.stdout


def test_a_deployment_becomes_another_user_with_a_password(folder: Bridge, fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    sudo = Sudo(folder.folder)
    variables = {**sudo.variables, "ansible_pipelining": True}
    of_all = folder.folder / "inventory/group_vars/all/become.yml"
    of_all.write_text(json.dumps(variables))

    done = playbook(folder, "deploy", "-e", "app=shop")

    assert done.returncode == 0, done.stdout + done.stderr
    assert every_host_runs(fleet, digest)
    # As a program over standard input, once on each host, and again on one that lacks its code:
    # nothing else goes by these options.
    number = len(fleet.hosts)
    assert number <= sudo.calls.count(" -I -S - container_switch") <= 2 * number
    assert PASSWORD not in done.stdout + done.stderr + sudo.calls


@pytest.mark.nightly
def test_unknown_app_and_no_host_are_failures(folder: Bridge) -> None:
    unknown = playbook(folder, "deploy", "-e", "app=shoop")
    nobody = playbook(folder, "deploy", "-e", "app=shop", "--limit", "nowhere")

    assert unknown.returncode != 0
    assert "Known apps: shop" in unknown.stdout
    assert nobody.returncode != 0


@pytest.mark.nightly  # by day test_drift.py deploys like this, and looks at hosts and run
def test_longshore_deploy_runs_by_itself_when_nothing_serves(folder: Bridge, fleet: Fleet) -> None:
    digest = fleet.registry.push("acme/shop", "latest", images.healthy("1"))

    done = folder.command("deploy", "shop")

    assert done.returncode == 0, done.stdout + done.stderr
    assert every_host_runs(fleet, digest)
    assert folder.json("status", "shop")["apps"][0]["state"] == "succeeded"
    assert folder.json("runs")["runs"][0]["state"] == "succeeded"


def test_deploy_of_a_tag_that_is_gone_says_so_and_changes_nothing(folder: Bridge) -> None:
    done = folder.command("deploy", "shop", "--tag", "nowhere")

    assert done.returncode == 4
    assert "nowhere" in done.stderr
    assert folder.json("runs")["runs"] == []
