# SPDX-License-Identifier: GPL-3.0-or-later
"""The target group that the hooks of examples/aws take hosts out of, behind a load balancer."""

from __future__ import annotations

from tests.support.aws_account import Account

# As aws_name in examples/aws/inventory/group_vars/all/aws.yml.
NAME = "longshore"


def make_target_group(account: Account) -> None:
    """Make it, and the load balancer without which moto calls no target healthy."""
    elb = account.client("elbv2")
    network = account.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [one["SubnetId"] for one in account.client("ec2").describe_subnets()["Subnets"]]
    elb.create_target_group(Name=NAME, Protocol="HTTP", Port=80, VpcId=network)
    balancer = elb.create_load_balancer(Name=NAME, Subnets=subnets)["LoadBalancers"][0]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": _arn(account)}],
    )


def bring_in(account: Account, *instances: str) -> None:
    """Register instances."""
    account.client("elbv2").register_targets(
        TargetGroupArn=_arn(account), Targets=[{"Id": one} for one in instances]
    )


def in_service(account: Account) -> set[str]:
    """Return the instances that are given requests."""
    answer = account.client("elbv2").describe_target_health(TargetGroupArn=_arn(account))
    found = answer["TargetHealthDescriptions"]
    return {str(one["Target"]["Id"]) for one in found if one["TargetHealth"]["State"] == "healthy"}


def _arn(account: Account) -> str:
    found = account.client("elbv2").describe_target_groups(Names=[NAME])["TargetGroups"]
    return str(found[0]["TargetGroupArn"])
