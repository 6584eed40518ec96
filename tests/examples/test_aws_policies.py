# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/aws/policies: what the bridge and the hosts may do, and nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.examples.conftest import AWS

# These have no resource: docs.aws.amazon.com/service-authorization, "Actions, resources, and
# condition keys" of Amazon ECR, EC2, EC2 Auto Scaling and Elastic Load Balancing V2.
WITHOUT_RESOURCE = {
    "autoscaling:DescribeAutoScalingInstances",
    "ec2:DescribeInstances",
    "ecr:GetAuthorizationToken",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
}


def statements(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((AWS / "policies" / name).read_text())["Statement"]
    return found


def actions(statement: dict[str, Any]) -> set[str]:
    named = statement["Action"]
    return {named} if isinstance(named, str) else set(named)


@pytest.mark.parametrize("name", ["bridge.json", "hosts.json"])
def test_a_policy_names_each_action_and_the_resource_of_each_that_has_one(name: str) -> None:
    for statement in statements(name):
        named = actions(statement)
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in named), named
        assert (statement["Resource"] == "*") == (named <= WITHOUT_RESOURCE), named


def test_a_host_can_do_nothing_but_pull() -> None:
    allowed = set().union(*map(actions, statements("hosts.json")))

    assert allowed == {
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    }


def test_the_bridge_changes_nothing_but_what_its_hooks_and_its_queue_need() -> None:
    allowed = set().union(*map(actions, statements("bridge.json")))
    questions = ("Describe", "Get", "BatchGet", "List", "Receive")

    assert {one for one in allowed if not one.partition(":")[2].startswith(questions)} == {
        "autoscaling:CompleteLifecycleAction",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:RegisterTargets",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
    }
