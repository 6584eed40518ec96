# SPDX-License-Identifier: GPL-3.0-or-later
"""provision.yml and destroy.yml of examples/aws with the real modules, against moto's server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jmespath
import pytest

from tests.examples.conftest import Run
from tests.support.aws_account import ENVIRON, Account, aws_account

NAME = "longshore"
LAUNCHED = "EC2 Instance-launch Lifecycle Action"
VARIABLES = "inventory/group_vars/all/aws.yml"
NOBODY = {**ENVIRON, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}


@pytest.fixture
def account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


@pytest.mark.parametrize("playbook", ["provision.yml", "destroy.yml"])
def test_the_playbooks_are_whole(run: Run, playbook: str) -> None:
    done = run("ansible-playbook", "-i", "localhost,", "--syntax-check", playbook, environ=NOBODY)

    assert done.returncode == 0, done.stdout + done.stderr


def test_ssh_from_everybody_is_refused_before_anything_is_asked(run: Run) -> None:
    everybody = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "10.0.0.0/7", "2000::/3", "0.0.0.0/00", "any"]
    own = ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/48"]

    done = run(
        *("ansible-playbook", "-i", "localhost,", "provision.yml", "-e", "@" + VARIABLES),
        environ=NOBODY,
        aws_ssh_from=[*own, *everybody],
    )

    refused = re.findall(r'"msg": "aws_ssh_from in [^"]* has (\S+): name your own', done.stdout)
    assert done.returncode != 0
    assert refused == everybody, done.stdout + done.stderr
    assert "See whose account this is" not in done.stdout


def test_a_key_that_is_not_there_is_named_with_the_command_that_makes_it(
    run: Run, example: Path
) -> None:
    """No inventory has localhost, and none has a host yet when this is run first."""
    (example / "longshore.pub").unlink()
    (example / "other.yml").write_text("all: {hosts: {other: }}")

    done = run(
        *("ansible-playbook", "-i", "other.yml", "provision.yml", "-e", "@" + VARIABLES),
        environ=NOBODY,
    )

    assert done.returncode != 0
    assert f"make it with ssh-keygen -t ed25519 -f {example}/longshore" in done.stdout


def test_nothing_is_removed_where_nobody_said_what(run: Run) -> None:
    done = run(
        *("ansible-playbook", "-i", "localhost,", "destroy.yml", "-e", "@" + VARIABLES),
        environ=NOBODY,
    )

    assert done.returncode != 0
    assert "if you mean it, add -e aws_destroy=longshore" in done.stdout


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_all_is_made_once_is_tagged_and_is_removed_again(run: Run, account: Account) -> None:
    environ = {**ENVIRON, "AWS_ENDPOINT_URL": account.endpoint}
    image = account.client("ec2").describe_images()["Images"][0]["ImageId"]

    def played(playbook: str, *arguments: str, **extra: Any) -> str:
        done = run(
            *("ansible-playbook", "-i", "inventory", playbook, *arguments),
            environ=environ,
            aws_image_id=image,
            aws_hosts={"min": 2, "max": 4},
            **extra,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (changed,) = re.findall(r"localhost .*changed=(\d+) ", done.stdout)
        return changed

    empty = everything(account)
    would_change = played("provision.yml", "--check")
    after_check = everything(account)
    played("provision.yml")
    first, tagged, came = everything(account), tagged_kinds(account), announced(account)
    again = played("provision.yml")
    second = everything(account)
    played("provision.yml", "--check")
    checked = everything(account)
    played("destroy.yml", aws_destroy=NAME)
    left = everything(account)

    assert (would_change != "0", after_check) == (True, empty)
    assert [kind for kind in KINDS if len(first[kind]) <= len(empty[kind])] == []
    assert TAGGED - tagged == set()
    assert came == ["1", NAME]
    assert (again, second) == ("0", first)
    assert checked == first
    assert left == empty


# What an account has: the service, the question, and where the names are in its answer.
KINDS = {
    "networks": ("ec2", "describe_vpcs", "Vpcs[].VpcId"),
    "subnets": ("ec2", "describe_subnets", "Subnets[].SubnetId"),
    "gateways": ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    "route tables": ("ec2", "describe_route_tables", "RouteTables[].RouteTableId"),
    "security groups": ("ec2", "describe_security_groups", "SecurityGroups[].GroupId"),
    "instances": (
        "ec2",
        "describe_instances",
        "Reservations[].Instances[?State.Name != 'terminated'][].InstanceId",
    ),
    "keys": ("ec2", "describe_key_pairs", "KeyPairs[].KeyName"),
    "templates": (
        "ec2",
        "describe_launch_templates",
        "LaunchTemplates[].join(':', [LaunchTemplateName, to_string(LatestVersionNumber)])",
    ),
    "groups": (
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups[].AutoScalingGroupName",
    ),
    "load balancers": ("elbv2", "describe_load_balancers", "LoadBalancers[].LoadBalancerName"),
    "target groups": ("elbv2", "describe_target_groups", "TargetGroups[].TargetGroupName"),
    "roles": ("iam", "list_roles", "Roles[].RoleName"),
    "profiles": ("iam", "list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
    "repositories": ("ecr", "describe_repositories", "repositories[].repositoryName"),
    "queues": ("sqs", "list_queues", "QueueUrls"),
    "rules": ("events", "list_rules", "Rules[].Name"),
    "stacks": (
        "cloudformation",
        "list_stacks",
        "StackSummaries[?StackStatus != 'DELETE_COMPLETE'].StackName",
    ),
}


def everything(account: Account) -> dict[str, list[str]]:
    """Return the names of what the account has; moto's own network is there from the start."""
    found = {}
    for kind, (service, operation, names) in KINDS.items():
        answer = getattr(account.client(service), operation)()
        # moto lists a stack once more for each change set that a check made.
        found[kind] = sorted(set(jmespath.search(names, answer) or []))
    return found


TAGGED = {
    *("instance", "internet-gateway", "key-pair", "launch-template", "route-table"),
    *("security-group", "subnet", "vpc"),
    *("group", "load balancer", "target group", "profile", "role", "stack"),
}


def tagged_kinds(account: Account) -> set[str]:
    """Return of what kinds there is something with our tag.

    What a stack makes has the stack's tags, says AWS; moto leaves them out.
    """
    client = account.client
    found = {str(tag["ResourceType"]) for tag in client("ec2").describe_tags()["Tags"] if ours(tag)}
    elb = client("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    target_group = elb.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    name = f"{NAME}-bridge"
    others = {
        "group": client("autoscaling").describe_tags()["Tags"],
        "load balancer": tags_of(elb.describe_tags(ResourceArns=[balancer])),
        "target group": tags_of(elb.describe_tags(ResourceArns=[target_group])),
        "profile": client("iam").get_instance_profile(InstanceProfileName=name)["InstanceProfile"][
            "Tags"
        ],
        "role": client("iam").list_role_tags(RoleName=name)["Tags"],
        "stack": client("cloudformation").describe_stacks()["Stacks"][0]["Tags"],
    }
    return found | {kind for kind, tags in others.items() if any(ours(tag) for tag in tags)}


def announced(account: Account) -> list[str]:
    """Return what came into the queue of five events, by what tells them apart."""
    push = {"action-type": "PUSH", "result": "SUCCESS"}
    events = (
        ("aws.ecr", "ECR Image Action", {**push, "repository-name": "acme/shop", "image-tag": "1"}),
        ("aws.ecr", "ECR Image Action", {**push, "repository-name": "acme/shop"}),
        ("aws.ecr", "ECR Image Action", {**push, "repository-name": "other", "image-tag": "2"}),
        ("aws.autoscaling", LAUNCHED, {"AutoScalingGroupName": NAME}),
        ("aws.autoscaling", LAUNCHED, {"AutoScalingGroupName": "other"}),
    )
    account.client("events").put_events(
        Entries=[
            {"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
            for source, kind, detail in events
        ]
    )
    sqs = account.client("sqs")
    (queue,) = sqs.list_queues()["QueueUrls"]
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    details = [json.loads(message["Body"])["detail"] for message in received]
    return sorted(one.get("image-tag") or one["AutoScalingGroupName"] for one in details)


def tags_of(answer: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = answer["TagDescriptions"][0]["Tags"]
    return found


def ours(tag: dict[str, str]) -> bool:
    return (tag["Key"], tag["Value"]) == ("Project", NAME)
