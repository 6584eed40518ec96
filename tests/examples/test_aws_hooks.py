# SPDX-License-Identifier: GPL-3.0-or-later
"""The hooks of examples/aws with the real modules, against moto's server; no host is asked.

moto takes a target out at once, and has no lifecycle action completed: what stands in front of it
answers these two as AWS does.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples.conftest import AWS, Run
from tests.support.aws_account import Account
from tests.support.aws_front import AwsFront
from tests.support.target_group import bring_in, in_service, make_target_group

ROLLOUT = """\
- hosts: app_shop
  gather_facts: false
  serial: 1
  tasks:
    - ansible.builtin.include_tasks: "{{ docker_container_before_switch }}"
    - ansible.builtin.include_tasks: "{{ docker_container_after_switch }}"
      vars: {docker_container_switched: {outcome: "{{ outcome }}"}}
"""


@pytest.fixture(scope="module")
def instances(running_account: Account) -> list[str]:
    """Two instances that are in the target group of a load balancer."""
    ec2 = running_account.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2)["Instances"]
    names = [str(one["InstanceId"]) for one in made]
    make_target_group(running_account)
    bring_in(running_account, *names)
    return names


class Rollout:
    """The two hooks one after the other, host by host; the switch between them is left out."""

    def __init__(self, folder: Path, run: Run, front: AwsFront) -> None:
        self.folder, self._run, self._front = folder, run, front

    def of(self, *hosts: str, outcome: str = "updated") -> subprocess.CompletedProcess[str]:
        variables = yaml.safe_load((AWS / "inventory/group_vars/all/aws.yml").read_text())
        text = (AWS / "inventory/group_vars/all/hooks.yml").read_text()
        hooks = yaml.safe_load(text.replace("{{ inventory_dir }}", str(AWS / "inventory")))
        connection: dict[str, Any] = {"ansible_connection": "ssh", "ansible_host": "192.0.2.1"}
        inventory = {
            "all": {"vars": {**variables, **hooks}},
            "app_shop": {"hosts": dict.fromkeys(hosts), "vars": connection},
        }
        (self.folder / "hosts.yml").write_text(json.dumps(inventory))
        (self.folder / "rollout.yml").write_text(ROLLOUT)
        files = ["-i", str(self.folder / "hosts.yml"), str(self.folder / "rollout.yml")]
        return self._run("ansible-playbook", *files, environ=self._front.environ, outcome=outcome)


@pytest.fixture
def rollout(tmp_path: Path, run: Run, front: AwsFront) -> Rollout:
    return Rollout(tmp_path, run, front)


def test_each_host_is_taken_out_and_brought_back_before_the_next_one(
    rollout: Rollout, front: AwsFront, instances: list[str], running_account: Account
) -> None:
    first, second = instances
    front.new_instances = {second}
    front.drains = 2

    done = rollout.of(first, second)

    assert done.returncode == 0, done.stdout + done.stderr
    assert front.changes() == [
        ("DeregisterTargets", first),
        ("RegisterTargets", first),
        ("DeregisterTargets", second),
        ("RegisterTargets", second),
        # It was launched just now; the other one has been in service for long.
        ("CompleteLifecycleAction", second),
    ]
    assert in_service(running_account) == set(instances)


def test_a_host_that_cannot_be_taken_out_gets_its_requests_again_when_it_is_drained(
    rollout: Rollout, front: AwsFront, instances: list[str], running_account: Account
) -> None:
    """The module registers no target that is draining, and calls that ok."""
    host, _ = instances
    front.drains = 2
    front.refuses_after = {"DeregisterTargets": "DescribeTargetHealth"}

    done = rollout.of(host)

    assert done.returncode != 0
    assert "it was given its requests again" in done.stdout
    assert "not authorized to perform DescribeTargetHealth" in done.stdout
    assert front.changes() == [("DeregisterTargets", host), ("RegisterTargets", host)]
    assert in_service(running_account) == set(instances)


@pytest.mark.parametrize(("outcome", "after"), [("failed", []), ("restored", ["RegisterTargets"])])
@pytest.mark.nightly
def test_a_new_instance_without_the_release_is_not_let_into_its_group(
    rollout: Rollout,
    front: AwsFront,
    instances: list[str],
    running_account: Account,
    outcome: str,
    after: list[str],
) -> None:
    _, host = instances
    bring_in(running_account, host)
    front.new_instances = {host}

    done = rollout.of(host, outcome=outcome)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [action for action, _ in front.changes()] == ["DeregisterTargets", *after]
    assert (host in in_service(running_account)) == bool(after)
