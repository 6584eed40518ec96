# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that come and go: an Auto Scaling group of moto, whose instances are hosts of the fleet."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import Fleet, images
from fleet.bridge import Bridge
from fleet.observe import running_digests
from fleet.waiting import wait_for
from tests.support.aws_account import ENVIRON, Account, aws_account
from tests.support.ec2_fleet import Ec2Fleet, Gate, gate, write_inventory

pytestmark = pytest.mark.fleet

LAUNCHED = {
    "version": "0",
    "id": "3e3c153a-8339-4e30-8c35-687ebef853fe",
    "detail-type": "EC2 Instance Launch Successful",
    "source": "aws.autoscaling",
    "account": "123456789012",
    "region": "eu-west-1",
    "detail": {"EC2InstanceId": "i-0123456789abcdef0", "AutoScalingGroupName": "shop"},
}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


@pytest.fixture
def aws(account: Account) -> Iterator[Gate]:
    with gate(account) as made:
        yield made


@pytest.fixture
def bridge(
    fleet: Fleet, aws: Gate, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bridge]:
    for name, value in {**ENVIRON, "AWS_ENDPOINT_URL": aws.endpoint}.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "bridge"
    folder.mkdir()
    made = Bridge(folder, fleet)
    write_inventory(folder / "inventory", fleet)
    queue = account.new_queue("longshore")
    file = folder / "longshore.toml"
    names = json.dumps([*ENVIRON, "AWS_ENDPOINT_URL"])
    text = file.read_text().replace("[ansible]\n", f"[ansible]\nenvironment = {names}\n")
    file.write_text(
        f'{text}\n[inventory]\nevery = "4s"\n[hooks.ecr]\nsource = "ecr"\n[hooks.ecr.queue]\n'
        f'url = "{queue}"\nregion = "eu-west-1"\nendpoint_url = "{account.endpoint}"\n'
    )
    yield made
    made.stop()


def served(bridge: Bridge, group: Ec2Fleet, digest: str) -> bool:
    """Say whether all instances run a digest, and no other host is known any more."""
    if any(running_digests(host) != [digest] for host in group.hosts.values()):
        return False
    return [one["host"] for one in bridge.app()["observed"]] == sorted(group.hosts)


@pytest.mark.nightly
def test_instances_that_come_run_the_release_and_none_is_lost_while_aws_throttles(
    bridge: Bridge, fleet: Fleet, account: Account, aws: Gate
) -> None:
    group = Ec2Fleet(account, fleet)
    group.scale(1)
    bridge.start()
    bridge.notify()
    first = fleet.registry.push("acme/shop", "latest", images.healthy("1"))
    bridge.wait_until_settled(first, seconds=240)

    group.scale(3)
    account.send(
        account.client("sqs").get_queue_url(QueueName="longshore")["QueueUrl"], json.dumps(LAUNCHED)
    )
    wait_for(lambda: served(bridge, group, first), "new instances run it", seconds=240, pause=0.5)
    assert "hosts_changed" in bridge.verdicts()
    assert [run["kind"] for run in bridge.runs()][-1] == "deploy"
    assert all(run["kind"] == "catch_up" for run in bridge.runs()[:-1])

    aws.throttled = True
    second = fleet.registry.push("acme/shop", "latest", images.healthy("2"))
    wait_for(
        lambda: "Request limit exceeded." in bridge.app()["last_run"]["reason"],
        "the run says what AWS said",
        seconds=240,
        pause=0.5,
    )
    assert len(bridge.app()["observed"]) == 3
    assert bridge.app()["release"]["state"] == "desired"
    assert bridge.command("status").returncode == 3
    aws.throttled = False
    wait_for(lambda: served(bridge, group, second), "all run the new one", seconds=240, pause=0.5)

    group.scale(1)
    wait_for(
        lambda: served(bridge, group, second), "those gone are forgotten", seconds=240, pause=0.5
    )
    assert bridge.app()["release"]["state"] == "good"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in (bridge.folder / "serve.log").read_text()
