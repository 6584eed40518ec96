# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.sending import codes, payload, received, sender
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.pushes import NotAPush, Push

ECR = sender("ecr")
REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def read(source: Source = ECR, *, event: Any = None, **detail: Any) -> list[Push | NotAPush]:
    usual = json.loads(payload("aws-ecr-push-1.json").body)
    usual["detail"] |= {"image-digest": DIGEST} | detail
    body = json.dumps(usual | (event or {})).encode()
    return source.read(received(body))


@pytest.mark.parametrize("action", ["PUSH", "REPLICATE"])
def test_a_push_names_the_registry_of_its_account_and_region(action: str) -> None:
    claims = read(**{"action-type": action})

    assert claims == [Push("my-repository-name", "latest", DIGEST, REGISTRY)]


def test_in_china_the_registry_has_another_ending() -> None:
    [claim] = read(event={"region": "cn-north-1"})

    assert isinstance(claim, Push)
    assert claim.registry == "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ({"action-type": "DELETE"}, "not_a_push"),
        ({"result": "FAILURE"}, "not_a_push"),
        ({"image-tag": None}, "untagged"),
        ({"image-tag": "{{ x }}"}, "invalid_reference"),
        ({"repository-name": "../x"}, "invalid_reference"),
        ({"artifact-media-type": "application/vnd.cncf.helm.config.v1+json"}, "not_an_image"),
    ],
)
def test_what_is_no_push_of_an_image_has_a_reason(detail: dict[str, Any], code: str) -> None:
    assert codes(read(**detail)) == [code]


@pytest.mark.parametrize(
    "event", [{"account": "x.evil.example/"}, {"region": "@evil"}, {"region": None}]
)
def test_a_registry_that_amazon_cannot_have_is_none(event: dict[str, Any]) -> None:
    assert codes(read(event=event)) == ["unexpected_shape"]


def test_a_hook_that_names_a_registry_speaks_for_that_one_only() -> None:
    assert codes(read(sender("ecr", registry=REGISTRY))) == ["push"]
    assert codes(read(sender("ecr", registry=REGISTRY.replace("2", "3")))) == ["not_configured"]


def test_an_event_that_was_made_a_cloud_event_is_read_too() -> None:
    event = json.loads(payload("aws-ecr-cloudevent-1.json").body)
    event["data"] |= {"repositoryName": "web", "imageTag": "1", "imageDigest": DIGEST}

    claims = sender("ecr", registry=REGISTRY).read(received(json.dumps(event).encode()))

    assert claims == [Push("web", "1", DIGEST, REGISTRY)]


def test_the_events_id_is_the_deliverys() -> None:
    assert ECR.delivery_id(payload("aws-ecr-push-1.json")) == "13cde686-328b-6117-af20-0e5566167482"


@pytest.mark.parametrize(
    "kind", ["EC2 Instance State-change Notification", "EC2 Instance-launch Lifecycle Action"]
)
def test_an_event_of_instances_has_the_inventory_read_and_names_no_host(kind: str) -> None:
    event = {"detail-type": kind, "detail": {"instance-id": "i-1", "state": "running"}}

    [claim] = ECR.read(received(json.dumps(event).encode()))

    assert isinstance(claim, NotAPush)
    assert claim.code == "hosts_changed"
    assert "i-1" not in claim.detail
