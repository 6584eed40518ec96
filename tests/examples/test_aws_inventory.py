# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of examples/aws, read by Ansible from moto's server."""

from __future__ import annotations

import json

import pytest

from tests.examples.conftest import Run
from tests.support.aws_account import ENVIRON, Account

TAGS = {"Project": "longshore", "Role": "host", "App": "shop"}


@pytest.fixture(scope="module")
def instances(running_account: Account) -> list[str]:
    """Two hosts, with one Name for both; beside them one that is stopped, and two of others."""
    ec2 = running_account.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def launch(number: int, **tags: str) -> list[str]:
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        specification = [{"ResourceType": "instance", "Tags": pairs}]
        made = ec2.run_instances(
            ImageId=image, MinCount=number, MaxCount=number, TagSpecifications=specification
        )
        return [str(one["InstanceId"]) for one in made["Instances"]]

    hosts = launch(2, **TAGS, Name="shop", ansible_connection="local")
    ec2.stop_instances(InstanceIds=launch(1, **TAGS))
    launch(1, **{**TAGS, "Role": "bridge"})
    launch(1, **{**TAGS, "Project": "another"})
    return sorted(hosts)


def test_the_hosts_are_the_instances_that_run_by_their_ids(
    run: Run, running_account: Account, instances: list[str]
) -> None:
    environ = {**ENVIRON, "AWS_ENDPOINT_URL": running_account.endpoint}

    done = run("ansible-inventory", "-i", "inventory", "--list", environ=environ)

    assert done.returncode == 0, done.stderr
    # What AWS says is text to Ansible, and never a template.
    read = json.loads(done.stdout, object_hook=lambda one: one.get("__ansible_unsafe", one))
    hostvars = read["_meta"]["hostvars"]
    assert sorted(hostvars) == instances
    assert sorted(read["app_shop"]["hosts"]) == instances
    for name in instances:
        variables = hostvars[name]
        assert variables["ansible_host"] == variables["instance_private_ip_address"]
        assert variables["instance_placement"]["region"] == "eu-west-1"
        assert variables["ansible_user"] == "admin"
        # A tag sets no variable of Ansible.
        assert "ansible_connection" not in variables


def test_an_account_that_does_not_answer_fails_the_inventory(run: Run) -> None:
    environ = {**ENVIRON, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}

    done = run("ansible-inventory", "-i", "inventory", "--list", environ=environ)

    assert done.returncode != 0
    assert "127.0.0.1:1" in done.stderr
