# SPDX-License-Identifier: GPL-3.0-or-later
"""A subscription of Amazon SNS, from its confirmation to its first notification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import amazon as sns
from tests.support.installation import Installation
from webhook_bridge.authentication.fetched import Unavailable
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.sources import sns as sns_source
from webhook_bridge.store import deliveries
from webhook_bridge.web import create_app


@pytest.fixture
def bridge(installation: Installation) -> Iterator[Bridge]:
    with installation.file.open("a") as settings:
        settings.write(f'\n[hooks.aws]\nsource = "sns"\ntopics = ["{sns.TOPIC}"]\n')
    made = Bridge(installation.settings())
    yield made
    made.store.close()
    made._lock.release()


@pytest.fixture
def client(bridge: Bridge) -> FlaskClient:
    return create_app(bridge).test_client()


def send(client: FlaskClient, found: dict[str, Any]) -> int:
    """Post as Amazon does: JSON, called plain text."""
    body = json.dumps(found).encode()
    return client.post(
        "/hooks/aws", data=body, content_type="text/plain; charset=UTF-8"
    ).status_code


def now() -> str:
    return datetime.now(UTC).isoformat()


def stored(bridge: Bridge) -> int:
    with bridge.store.read() as connection:
        return len(deliveries.latest(connection, limit=9))


def test_a_subscription_is_confirmed_and_its_notifications_are_taken(
    client: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    amazon = sns.pretend(monkeypatch)

    assert send(client, sns.subscription(Timestamp=now())) == 202
    assert [url for url in amazon.asked if "ConfirmSubscription" in url] != []
    assert send(client, sns.message(Timestamp=now())) == 202
    assert stored(bridge) == 2


def test_a_confirmation_that_fails_is_asked_for_again(
    client: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    sns.pretend(monkeypatch)

    def away(url: str) -> bytes:
        raise Unavailable(f"{url} does not answer")

    monkeypatch.setattr(sns_source, "get", away)

    assert send(client, sns.subscription(Timestamp=now())) == 503
    assert stored(bridge) == 0


def test_a_message_of_another_topic_is_refused_and_fetches_nothing(
    client: FlaskClient, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    amazon = sns.pretend(monkeypatch)
    other = sns.subscription(Timestamp=now(), TopicArn=sns.TOPIC + "-of-somebody-else")

    assert send(client, other) == 401
    assert amazon.asked == []
    assert stored(bridge) == 0
