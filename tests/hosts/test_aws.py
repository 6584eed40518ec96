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
from fleet.waiting import wait_for
from tests.support.aws_account import ENVIRON, Account, aws_account
from tests.support.ec2_fleet import LAUNCHED, Ec2Fleet, Gate, bridge_on_aws, gate

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]


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
    queue = account.new_queue("longshore")
    made = bridge_on_aws(tmp_path / "bridge", fleet, queue=queue, endpoint=account.endpoint)
    yield made
    made.stop()


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
    wait_for(lambda: group.serves(bridge, first), "new instances run it", seconds=240, pause=0.5)
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
    wait_for(lambda: group.serves(bridge, second), "all run the new one", seconds=240, pause=0.5)

    group.scale(1)
    wait_for(
        lambda: group.serves(bridge, second), "those gone are forgotten", seconds=240, pause=0.5
    )
    assert bridge.app()["release"]["state"] == "good"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in (bridge.folder / "serve.log").read_text()
