# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from tests.support.sending import codes, payload, received, sender
from webhook_bridge.authentication import verify

ACR = sender("acr")


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("ping", "not_a_push"),
        ("delete", "not_a_push"),
        ("quarantine", "not_a_push"),
        ("chart_push", "not_an_image"),
        ("push", "unexpected_shape"),
        (None, "unexpected_shape"),
    ],
)
def test_an_event_without_an_image_has_a_reason(action: object, code: str) -> None:
    assert codes(ACR.read(received(json.dumps({"action": action}).encode()))) == [code]


def test_a_push_by_digest_is_untagged() -> None:
    body = json.loads(payload("acr-push-1.json").body)
    del body["target"]["tag"]

    assert codes(ACR.read(received(json.dumps(body).encode()))) == ["untagged"]


@pytest.mark.parametrize("key", ["eventType", "type"])
def test_what_event_grid_puts_around_an_event_is_taken_off(key: str) -> None:
    event = json.loads(payload("acr-push-1.json").body)
    envelope = {"id": "of-the-envelope", key: "Microsoft.ContainerRegistry.ImagePushed"}
    came = received(json.dumps({**envelope, "data": event}).encode())

    assert ACR.read(came) == ACR.read(payload("acr-push-1.json"))
    assert ACR.delivery_id(came) == event["id"]


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("ImageDeleted", {"action": "delete"}, "not_a_push"),
        ("ChartPushed", {"action": "chart_push"}, "not_an_image"),
        ("ImagePushed", None, "unexpected_shape"),
        ("ImagePushed", {}, "unexpected_shape"),
    ],
)
def test_an_event_of_event_grid_without_an_image_has_a_reason(
    kind: str, data: object, code: str
) -> None:
    body = {"eventType": f"Microsoft.ContainerRegistry.{kind}", "data": data}

    assert codes(ACR.read(received(json.dumps(body).encode()))) == [code]


def test_the_events_id_is_the_deliverys() -> None:
    assert ACR.delivery_id(payload("acr-push-1.json")) == "cb8c3971-9adc-488b-bdd8-43cbb4974ff5"


def test_a_header_of_its_owners_choice_proves_a_request() -> None:
    secret = b"s" * 43
    own = sender("acr", auth="header", header="X-Longshore")

    assert verify(own.scheme, received(headers={"x-longshore": secret.decode()}), [secret])
    assert not verify(ACR.scheme, received(headers={"x-longshore": secret.decode()}), [secret])
