# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SQS, by boto3 over HTTP: moto's server, or one that refuses as AWS does."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.aws_account import REGION, Account
from tests.support.fake_registry import Asked, FakeRegistry, Says, fake_registry
from webhook_bridge.queues import Message, Queue, QueueUnavailable
from webhook_bridge.queues.sqs import SqsTable

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"
TOKEN = "FwoGZXIvYXdzEXAMPLE-the-token-of-a-session"


def opened(account: Account, url: str) -> Queue:
    return SqsTable(url=url, region=REGION, endpoint_url=account.endpoint).open()


def test_a_message_comes_with_its_attributes_as_headers_and_stays_until_deleted(
    account: Account,
) -> None:
    url = account.new_queue("comes")
    queue = opened(account, url)
    before = time.time()
    identifier = account.send(url, '{"a": "ä"}', X_GitHub_Event="package", Who="Zoë")

    [message] = queue.receive()

    assert (message.id, message.body) == (identifier, '{"a": "ä"}'.encode())
    # As a WSGI server hands over the bytes of UTF-8.
    assert message.headers == {"X-GitHub-Event": "package", "Who": "ZoÃ«"}
    assert before - 1 <= message.sent_at <= time.time() + 1
    assert message.times_received == 1
    assert account.left(url) == 1
    queue.delete([message])
    assert account.left(url) == 0


def test_a_message_that_is_given_back_comes_again_at_once(account: Account) -> None:
    url = account.new_queue("back")
    queue = opened(account, url)
    account.send(url, "{}")

    [first] = queue.receive()
    queue.give_back([first])
    [second] = queue.receive()

    assert (second.id, second.times_received) == (first.id, 2)


def test_a_message_is_hidden_from_others_for_longer_when_that_is_asked_for(
    account: Account,
) -> None:
    url = account.new_queue("hidden")
    account.send(url, "{}")
    queue = opened(account, url)
    [message] = queue.receive()
    queue.give_back([message])

    queue.hide([message])

    sqs = account.client("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)


def test_ten_messages_are_received_and_deleted_together(account: Account) -> None:
    url = account.new_queue("ten")
    queue = opened(account, url)
    for number in range(10):
        account.send(url, str(number))

    messages: list[Message] = []
    while len(messages) < 10:
        messages += queue.receive()
    queue.delete(messages)

    assert account.left(url) == 0


def test_a_queue_that_does_not_exist_is_named_in_the_services_words(account: Account) -> None:
    url = account.new_queue("gone").replace("gone", "nowhere")

    with pytest.raises(QueueUnavailable) as caught:
        opened(account, url).look()

    assert "does not exist" in str(caught.value)


def test_looking_at_a_queue_takes_nothing_from_it(account: Account) -> None:
    url = account.new_queue("looked-at")
    account.send(url, "{}")

    opened(account, url).look()

    [message] = opened(account, url).receive()
    assert message.times_received == 1


class Refusing:
    """A service that refuses everything in these words, and what it was asked."""

    def __init__(self) -> None:
        self.status = 403
        self.error = {"__type": "com.amazonaws.sqs#AccessDenied", "message": "not for you"}
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Says:
        self.asked.append(asked)
        headers = {"Content-Type": "application/x-amz-json-1.0"}
        return Says(self.status, headers, json.dumps(self.error).encode())


@pytest.fixture
def refusing() -> Refusing:
    return Refusing()


@pytest.fixture
def service(refusing: Refusing, account: Account) -> Iterator[FakeRegistry]:
    with fake_registry(refusing.answer) as made:
        yield made


def sentence(service: FakeRegistry) -> str:
    table = SqsTable(url=URL, endpoint_url=f"http://{service.host}")
    with pytest.raises(QueueUnavailable) as caught:
        table.open().look()
    return str(caught.value)


def test_a_refusal_is_told_in_the_services_own_words(
    service: FakeRegistry, refusing: Refusing
) -> None:
    said = "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:receivemessage"
    refusing.error = {"__type": "com.amazonaws.sqs#AccessDenied", "message": said}

    assert sentence(service) == f"AccessDenied: {said}"


def test_no_credential_is_in_what_is_said_or_logged(
    service: FakeRegistry,
    refusing: Refusing,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    text = (
        "The request signature we calculated does not match the signature you provided.\n\n"
        "The Canonical String for this request should have been\n"
        f"'POST\nx-amz-security-token:{TOKEN}"
    )
    refusing.error = {"__type": "SignatureDoesNotMatch", "message": text}

    with caplog.at_level(logging.INFO):
        said = sentence(service)

    assert any(TOKEN in str(dict(asked.headers)) for asked in refusing.asked)
    assert said.startswith("SignatureDoesNotMatch: The request signature")
    assert TOKEN not in said + caplog.text
    assert "EXAMPLEKEY" not in said + caplog.text


def test_credentials_that_were_replaced_are_used_after_a_refusal(
    service: FakeRegistry, refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = SqsTable(url=URL, endpoint_url=f"http://{service.host}").open()
    for key in ("AKIAOLD", "AKIANEW"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        with pytest.raises(QueueUnavailable):
            queue.look()

    used = [str(dict(asked.headers)) for asked in refusing.asked]
    assert "AKIAOLD" in used[0]
    assert "AKIANEW" in used[-1]


def test_a_service_that_nobody_answers_for_is_unavailable(account: Account) -> None:
    table = SqsTable(url=URL, endpoint_url="http://127.0.0.1:1")

    with pytest.raises(QueueUnavailable, match=r"127\.0\.0\.1:1"):
        table.open().look()


def test_without_credentials_boto3_says_so(
    service: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert sentence(service) == "Unable to locate credentials"


@pytest.mark.parametrize(
    ("url", "region"),
    [
        (URL, "eu-west-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/longshore", "cn-north-1"),
        ("https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/longshore", "us-gov-west-1"),
        ("https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q", "eu-west-1"),
        ("https://eu-west-1.queue.amazonaws.com/123456789012/q", None),
        ("http://127.0.0.1:5000/123456789012/q.fifo", None),
    ],
)
def test_the_region_is_that_of_the_url(url: str, region: str | None) -> None:
    assert SqsTable(url=url).region_name == region
    assert SqsTable(url=url, region="us-west-2").region_name == "us-west-2"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "Field required"),
        ({"url": "longshore"}, "must be an address"),
        ({"url": "ftp://sqs.example.com/1/q"}, "must be an address"),
        ({"url": "https://sqs.eu-west-1.amazonaws.com/"}, "must name a queue"),
        ({"url": "https://sqs.eu-west-1.amazonaws.com"}, "must name a queue"),
        ({"url": "https://sqs.eu-west-1.amazonaws.com/1/a b"}, "must name a queue"),
        ({"url": f"{URL}?Action=x"}, "nothing after"),
        ({"url": f"{URL}#x"}, "nothing after"),
        ({"url": "https://me:secret@sqs.example.com/1/q"}, "no user"),
        ({"url": "http://sqs.example.com/1/q"}, "must start with https"),
        ({"url": URL, "endpoint_url": "http://10.0.0.1"}, "must start with https"),
        ({"url": URL, "endpoint_url": "https://vpce.example.com/1/q"}, "without a path"),
        ({"url": URL, "region": "eu west"}, "should match pattern"),
        ({"url": URL, "visibility_timeout": "5s"}, "greater than or equal to 10"),
        ({"url": URL, "visibility_timeout": "13h"}, "less than or equal to 43200"),
        ({"url": URL, "service": "rabbit"}, "should be 'sqs'"),
        ({"url": URL, "secret_access_key": "x"}, "not permitted"),
    ],
)
def test_a_table_that_is_wrong_is_refused(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SqsTable.model_validate(table)


def test_a_long_name_fits_where_the_address_of_a_sender_stands() -> None:
    table = SqsTable(url=URL + "x" * 71)

    assert table.name.startswith("sqs:longshorexxx")
    assert len(table.name) == 64
