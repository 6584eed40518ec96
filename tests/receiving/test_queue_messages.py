# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message of a queue becomes: whose it is, what its sender sent, and what is kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.support.fake_queue import message
from tests.support.sending import hex_signature, needed_by
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.queues import Message
from webhook_bridge.queues.sqs import SqsTable
from webhook_bridge.receiving.queue_messages import read_message
from webhook_bridge.sources import SOURCES

SECRET = b"correct-horse-battery-staple-0123456789"
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:ecr"
PUSH = json.dumps({"push_data": {"tag": "latest"}, "repository": {"repo_name": "acme/shop"}})
EVENT = json.dumps({"id": "e-1", "detail": {"action-type": "PUSH"}})


def hook(source: str, *, proof: str = "queue", **table: Any) -> Hook:
    keys = {"source": source, **needed_by(source), **table, "queue": SqsTable(url=URL, proof=proof)}
    return Hook("images", SOURCES[source].model_validate(keys), (SECRET,))


def read(found: Hook, came: Message) -> NewDelivery | NewRejected:
    assert found.sender.queue is not None
    return read_message(came, found, found.sender.queue, found.secrets)


def delivery(found: Hook, came: Message) -> NewDelivery:
    new = read(found, came)
    assert isinstance(new, NewDelivery)
    return new


def rejected(found: Hook, came: Message) -> NewRejected:
    new = read(found, came)
    assert isinstance(new, NewRejected)
    return new


def notification(text: str, **attributes: str) -> bytes:
    """Return what SNS puts into a queue where raw message delivery is off."""
    envelope = {
        "Type": "Notification",
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": text,
        "Timestamp": "2026-11-30T12:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "MessageAttributes": {
            name: {"Type": "String", "Value": value} for name, value in attributes.items()
        },
    }
    return json.dumps(envelope).encode()


def test_a_message_is_a_delivery_of_its_hook_that_came_from_the_queue() -> None:
    new = delivery(hook("ecr"), message("m-1", EVENT.encode(), Content_Type="application/json"))

    assert (new.hook, new.source, new.remote) == ("images", "ecr", "sqs:longshore")
    assert new.body == EVENT.encode()
    assert new.headers == {"Content-Type": "application/json", "Longshore-Message-Id": "m-1"}


def test_a_message_that_waited_for_days_was_received_when_we_took_it() -> None:
    came = message("m-1")

    assert delivery(hook("ecr"), came).received_at > came.sent_at


@pytest.mark.parametrize("raw", [True, False])
def test_what_a_topic_sends_is_the_same_with_and_without_its_envelope(raw: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    body = EVENT.encode() if raw else notification(EVENT)

    assert delivery(hook("ecr"), message("m-1", body)).body == EVENT.encode()


def test_an_envelope_leaves_its_topic_its_id_and_its_attributes_as_headers() -> None:
    body = notification(EVENT, **{"X-GitHub-Event": "package", "Who": "Zoë"})

    headers = delivery(hook("ecr"), message("m-1", body)).headers

    assert headers == {
        "X-GitHub-Event": "package",
        "Who": "ZoÃ«",
        "X-Amz-Sns-Topic-Arn": TOPIC,
        "Longshore-Message-Id": "sns-1",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"Type": "SubscriptionConfirmation"},
        {"Message": {"id": "e-1"}},
        {"MessageId": None},
        {"TopicArn": 7},
    ],
)
def test_what_is_no_envelope_stays_as_it_came(change: dict[str, object]) -> None:
    body = json.dumps(json.loads(notification(EVENT)) | change).encode()

    new = delivery(hook("ecr"), message("m-1", body))

    assert new.body == body
    assert new.headers["Longshore-Message-Id"] == "m-1"


@pytest.mark.parametrize("attributes", ["x", ["x"], {"a": "x"}, {"a": {"Value": 7}}, None])
def test_attributes_of_another_shape_are_left_out(attributes: object) -> None:
    body = json.loads(notification(EVENT)) | {"MessageAttributes": attributes}

    new = delivery(hook("ecr"), message("m-1", json.dumps(body).encode()))

    assert new.body == EVENT.encode()
    assert set(new.headers) == {"X-Amz-Sns-Topic-Arn", "Longshore-Message-Id"}


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"\xed\xa0\x80", b"[" * 100_000, b'{"a":1,"a":2}']
)
def test_what_nobody_can_read_is_a_delivery_as_it_came(body: bytes) -> None:
    assert delivery(hook("ecr"), message("m-1", body)).body == body


def test_a_body_that_no_hook_would_take_is_refused_as_over_http() -> None:
    largest = b"x" * 1024 * 1024

    assert delivery(hook("ecr"), message("m-1", largest)).body == largest
    note = rejected(hook("ecr"), message("m-2", largest + b"x"))

    assert (note.status, note.code) == (413, "request_entity_too_large")
    assert note.body_length == len(largest) + 1
    assert len(note.excerpt) < 10_000


def test_the_hooks_own_signature_is_checked_where_the_table_says_so() -> None:
    found, body = hook("github", proof="hook"), PUSH.encode()
    signature = f"sha256={hex_signature(body, SECRET)}"

    good = delivery(found, message("m-1", body, X_Hub_Signature_256=signature))
    altered = rejected(found, message("m-2", body + b" ", X_Hub_Signature_256=signature))
    missing = rejected(found, message("m-3", body))

    assert good.headers["X-Hub-Signature-256"] == "<redacted>"
    assert "not made with the hook's secret" in altered.detail
    assert "X-Hub-Signature-256 is missing" in missing.detail
    assert (altered.hook, altered.status, altered.remote) == ("images", 401, "sqs:longshore")
    assert signature not in str(altered.headers)


def test_the_secret_of_a_path_is_an_attribute_and_is_not_kept() -> None:
    found = hook("dockerhub", proof="hook")
    right = {"Longshore_Path_Secret": SECRET.decode()}

    good = delivery(found, message("m-1", PUSH.encode(), **right))
    in_other_case = delivery(
        found, message("m-2", PUSH.encode(), longshore_path_secret=SECRET.decode())
    )
    wrong = rejected(found, message("m-3", PUSH.encode(), Longshore_Path_Secret="s" * 43))

    assert SECRET.decode() not in str([good, in_other_case, wrong])
    assert wrong.headers == {}
    assert "not the hook's secret" in wrong.detail


def test_a_bearer_token_is_checked_as_over_http() -> None:
    found = hook("generic", proof="hook")

    assert delivery(found, message("m-1", Authorization=f"Bearer {SECRET.decode()}"))
    assert rejected(found, message("m-2", Authorization="Bearer " + "s" * 43))


def test_a_signature_with_a_time_is_good_for_the_time_at_which_it_came_into_the_queue() -> None:
    found = hook("generic", proof="hook", auth="standard-webhooks")
    came = message("m-1", b"{}")
    at = int(came.sent_at)
    signed = f"id-1.{at}.".encode() + came.body
    made = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    proof = {"webhook_id": "id-1", "webhook_signature": f"v1,{made}"}

    in_time = read(found, message("m-1", b"{}", webhook_timestamp=str(at), **proof))
    replayed = read(found, message("m-2", b"{}", webhook_timestamp=str(at - 3600), **proof))

    assert isinstance(in_time, NewDelivery)
    assert isinstance(replayed, NewRejected)


def test_no_attribute_takes_the_name_of_a_message() -> None:
    came = message("m-1", longshore_message_id="m-0", Longshore_Redelivery_Of="x")

    assert delivery(hook("ecr"), came).headers == {"Longshore-Message-Id": "m-1"}


def test_attributes_are_read_as_a_sources_headers() -> None:
    body = b'{"name": "acme/shop", "reference": "1.0"}'
    came = message("m-1", body, Ce_Type="zotregistry.image.updated", Ce_Id="1")
    new = delivery(hook("zot"), came)

    [claim] = hook("zot").sender.read(InboundRequest(new.headers, new.body, new.received_at))

    assert (claim.repository, claim.tag) == ("acme/shop", "1.0")  # type: ignore[union-attr]
