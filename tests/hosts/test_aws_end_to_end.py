# SPDX-License-Identifier: GPL-3.0-or-later
"""All of AWS at once: an Auto Scaling group, a load balancer, ECR, and a queue; no open port.

moto has the account, what it cannot do is answered before it (tests/support/aws_front.py), and the
fleet's registry has the images of ECR (tests/support/private_ecr.py).
"""

from __future__ import annotations

import json
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet import Fleet, Host, images
from fleet.bridge import LONGSHORE, Bridge, app
from fleet.waiting import wait_for
from tests.support.aws_account import ENVIRON, REGION, Account, aws_account
from tests.support.aws_front import AwsFront, aws_front
from tests.support.ec2_fleet import LAUNCHED, Ec2Fleet, Gate, bridge_on_aws, gate
from tests.support.private_ecr import REGISTRY, PrivateEcr, private_ecr
from tests.support.sending import payload
from tests.support.target_group import in_service, make_target_group

EXAMPLE = Path(__file__).parents[2] / "examples" / "aws"
HELPER = Path(sys.executable).with_name("longshore-ecr-login")
THROTTLED_FOR_S = 30
IN_AND_OUT = ("DeregisterTargets", "RegisterTargets")

pytestmark = [pytest.mark.fleet, pytest.mark.nightly, pytest.mark.timeout(1500)]


@dataclass
class Cloud:
    """`aws` is what the bridge asks: it stands before `front`, and that before the account."""

    account: Account
    front: AwsFront
    aws: Gate
    ecr: PrivateEcr
    group: Ec2Fleet
    bridge: Bridge
    queue: str

    def push(self, fleet: Fleet, version: str) -> str:
        """Push an image, and have its event come through the queue."""
        digest = fleet.registry.push("acme/shop", "latest", images.healthy(version))
        event = json.loads(payload("aws-ecr-push-1.json").body)
        event |= {"id": str(uuid.uuid4()), "region": REGION}
        event["detail"] |= {"repository-name": "acme/shop", "image-digest": digest}
        self.account.send(self.queue, json.dumps(event))
        return digest

    def scale_out(self, size: int) -> None:
        """Have more instances; the group waits until each runs the release."""
        before = set(self.group.hosts)
        self.group.scale(size)
        self.front.new_instances |= set(self.group.hosts) - before
        self.account.send(self.queue, json.dumps(LAUNCHED | {"id": str(uuid.uuid4())}))

    def wait_until_served(self, digest: str) -> None:
        wait_for(
            lambda: self.group.serves(self.bridge, digest),
            f"all instances run {digest}",
            seconds=400,
            pause=0.5,
        )

    def ended_runs(self) -> list[dict[str, Any]]:
        return [run for run in self.bridge.runs() if run["state"] != "running"]

    def asked(self, *actions: str) -> list[tuple[str, str]]:
        return [one for one in self.front.asked if one[0] in actions]


@pytest.fixture
def cloud(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with ExitStack() as running:
        account = running.enter_context(aws_account())
        front = running.enter_context(aws_front(account))
        front.drains = 1
        aws = running.enter_context(gate(Account(front.environ["AWS_ENDPOINT_URL"])))
        ecr = running.enter_context(private_ecr(tmp_path, fleet, account))
        for name, value in {**ENVIRON, "AWS_ENDPOINT_URL": aws.endpoint}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("fleet.bridge.LONGSHORE", ecr.program(tmp_path, LONGSHORE))
        make_target_group(account)
        group = Ec2Fleet(account, fleet)
        queue = account.new_queue("longshore")
        bridge = bridge_on_aws(tmp_path / "bridge", fleet, queue=queue, endpoint=aws.endpoint)
        declare(bridge, ecr)
        running.callback(bridge.stop)
        yield Cloud(account, front, aws, ecr, group, bridge, queue)


def declare(bridge: Bridge, ecr: PrivateEcr) -> None:
    """Have the app's image in ECR, tokens lent to hosts that have none, and the example's hooks."""
    image = f"{REGISTRY}/acme/shop"
    bridge.declare(shop=app(bridge.fleet, image=image, rollout={"serial": 1}))
    with (bridge.folder / "longshore.toml").open("a") as settings:
        settings.write(
            f'[registries."{REGISTRY}"]\nca_file = "{ecr.authority}"\n'
            f'credential_command = ["{HELPER}"]\nlend = true\n'
        )
    shutil.copytree(EXAMPLE / "hooks", bridge.folder / "hooks")
    for name in ("aws.yml", "hooks.yml"):
        variables = EXAMPLE / "inventory" / "group_vars" / "all" / name
        shutil.copy(variables, bridge.folder / "inventory" / "group_vars" / "all")


def written(bridge: Bridge, hosts: list[Host]) -> list[Path]:
    """Return all files of a bridge, and what Docker, Ansible and daemons write on hosts."""
    folders = [bridge.folder]
    for host in hosts:
        folders += [host.folder / "home", host.folder / "etc-docker"]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return files + [file for host in hosts for file in host.folder.glob("*.log")]


@pytest.mark.parametrize("ends", ["the host that is out", "another one"])
def test_a_push_to_ecr_reaches_each_instance_past_its_load_balancer_while_aws_throttles(
    cloud: Cloud, fleet: Fleet, ends: str
) -> None:
    cloud.bridge.start()
    first = cloud.push(fleet, "1")
    [run] = wait_for(cloud.ended_runs, "a run that finds no host", seconds=120)
    assert "No host to deploy shop to" in run["reason"]
    cloud.scale_out(1)
    cloud.wait_until_served(first)
    cloud.scale_out(3)
    cloud.wait_until_served(first)
    wait_for(lambda: not cloud.front.new_instances, "no instance waits in its group", seconds=60)
    assert in_service(cloud.account) == set(cloud.group.hosts)
    cloud.bridge.wait_until_idle()
    cloud.front.asked.clear()
    runs_before = len(cloud.bridge.runs())

    second = cloud.push(fleet, "2")
    [(_, out)] = wait_for(lambda: cloud.asked("DeregisterTargets"), "one is out", seconds=240)
    cloud.aws.throttled = True
    cloud.group.end(
        out if ends == "the host that is out" else max(cloud.group.hosts.keys() - {out})
    )
    time.sleep(THROTTLED_FOR_S)
    cloud.aws.throttled = False
    cloud.wait_until_served(second)
    cloud.bridge.wait_until_idle()

    assert {"DescribeInstances", "DescribeTargetHealth"} <= cloud.aws.refused
    moved = [one for one in cloud.asked(*IN_AND_OUT) if one[1] in cloud.group.hosts]
    order = list(dict.fromkeys(of for _, of in moved))
    assert sorted(order) == sorted(cloud.group.hosts)
    assert moved == [(action, of) for of in order for action in IN_AND_OUT]
    assert in_service(cloud.account) >= set(cloud.group.hosts)

    for run in cloud.bridge.runs()[:-runs_before]:
        assert run["state"] in ("succeeded", "partial") or "tried again" in run["reason"]
    assert cloud.bridge.app()["release"]["state"] == "good"
    assert cloud.bridge.verdicts().count("released") == 2

    asked_by_hosts = {host.address for host in fleet.hosts}
    assert cloud.ecr.served >= asked_by_hosts
    assert cloud.ecr.refused >= asked_by_hosts  # without the token there was nothing
    texts = {file: file.read_bytes() for file in written(cloud.bridge, fleet.hosts)}
    assert [file for file, text in texts.items() if second.encode() in text]
    for secret in (cloud.ecr.token, cloud.ecr.login):
        assert [file for file, text in texts.items() if secret.encode() in text] == []
