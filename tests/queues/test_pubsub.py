# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Pub/Sub over REST, against a server that answers as its reference says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.fake_pubsub import SUBSCRIPTION, TOKEN, PubSub, fake_pubsub, write_key
from webhook_bridge.queues import Queue, QueueUnavailable
from webhook_bridge.queues.pubsub import PubSubTable
from webhook_bridge.queues.pubsub_client import PubSubQueue


@pytest.fixture
def pubsub() -> Iterator[PubSub]:
    with fake_pubsub() as made:
        yield made


def table(**keys: Any) -> PubSubTable:
    return PubSubTable.model_validate({"service": "pubsub", "subscription": SUBSCRIPTION, **keys})


@pytest.fixture
def queue(pubsub: PubSub) -> Queue:
    return table(endpoint_url=pubsub.endpoint).open()


def test_a_message_comes_with_its_attributes_as_headers_and_stays_until_deleted(
    pubsub: PubSub, queue: Queue
) -> None:
    identifier = pubsub.publish('{"a": "ä"}', Who="Zoë")

    [message] = queue.receive()

    assert (message.id, message.body) == (identifier, '{"a": "ä"}'.encode())
    assert message.headers == {"Who": "ZoÃ«"}
    assert message.sent_at == pytest.approx(1_796_040_000.123)
    assert len(pubsub.waiting) == 1
    queue.delete([message])
    assert pubsub.waiting == []


def test_a_message_is_hidden_for_longer_than_the_subscription_says(
    pubsub: PubSub, queue: Queue
) -> None:
    pubsub.publish("{}")

    queue.receive()

    assert [one.free_at for one in pubsub.waiting] == [120.0]


def test_a_message_whose_deadline_has_passed_or_that_is_given_back_comes_again(
    pubsub: PubSub, queue: Queue
) -> None:
    identifier = pubsub.publish("{}")

    queue.receive()
    pubsub.expire()
    [again] = queue.receive()
    queue.give_back([again])
    [once_more] = queue.receive()

    assert (again.id, once_more.id) == (identifier, identifier)


def test_no_message_is_no_error(pubsub: PubSub, queue: Queue) -> None:
    pubsub.arrives.set()

    assert queue.receive() == []


def test_a_refusal_is_told_in_the_services_own_words(pubsub: PubSub, queue: Queue) -> None:
    pubsub.error = (403, "PERMISSION_DENIED", "User not authorized to perform this action.")

    with pytest.raises(QueueUnavailable) as caught:
        queue.receive()

    assert str(caught.value) == "PERMISSION_DENIED: User not authorized to perform this action."


def test_looking_names_the_permission_that_is_missing_and_takes_nothing(
    pubsub: PubSub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(write_key(tmp_path / "key", pubsub)))
    queue = PubSubQueue(f"{pubsub.endpoint}/v1/{SUBSCRIPTION}", hidden_s=120, anonymous=False)

    queue.look()
    pubsub.permissions = ()
    with pytest.raises(QueueUnavailable, match=r"no permission pubsub\.subscriptions\.consume"):
        queue.look()

    assert pubsub.asked == ["testIamPermissions"] * 2


def test_a_service_account_is_used_and_its_token_is_in_no_log(
    pubsub: PubSub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(write_key(tmp_path / "key", pubsub)))
    pubsub.wants_token = True
    queue = PubSubQueue(f"{pubsub.endpoint}/v1/{SUBSCRIPTION}", hidden_s=120, anonymous=False)
    pubsub.publish("{}")

    with caplog.at_level(logging.INFO):
        [message] = queue.receive()
        queue.delete([message])

    assert pubsub.tokens == 1
    assert TOKEN not in caplog.text


def test_credentials_that_cannot_be_read_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing"))

    with pytest.raises(QueueUnavailable, match="nothing was not found"):
        table().open().look()


def test_a_service_that_nobody_answers_for_is_unavailable() -> None:
    with pytest.raises(QueueUnavailable, match="Connection refused"):
        table(endpoint_url="http://127.0.0.1:1").open().look()


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"subscription": "longshore"}, "should match pattern"),
        ({"subscription": "projects/acme/topics/gcr"}, "should match pattern"),
        ({"subscription": f"{SUBSCRIPTION}?x=1"}, "should match pattern"),
        ({"endpoint_url": "http://pubsub.example.com"}, "must start with https"),
        ({"ack_deadline": "11m"}, "less than or equal to 600"),
        ({"ack_deadline": "5s"}, "greater than or equal to 10"),
        ({"key_file": "x"}, "not permitted"),
    ],
)
def test_a_table_that_is_wrong_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        table(**keys)


def test_a_long_name_fits_where_the_address_of_a_sender_stands() -> None:
    assert len(table(subscription=SUBSCRIPTION + "x" * 80).name) == 64
