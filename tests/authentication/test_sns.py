# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.amazon import (
    CERTIFICATE_URL,
    HOST,
    TOPIC,
    Amazon,
    certificate,
    message,
    pretend,
    subscription,
)
from tests.support.sending import NOW, codes, received, sender
from webhook_bridge.authentication import sns as sns_module
from webhook_bridge.authentication import verify
from webhook_bridge.authentication.fetched import Unavailable
from webhook_bridge.authentication.sns import host_of
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.sources import sns as sns_source
from webhook_bridge.sources.pushes import Push

SNS = sender("sns", topics=[TOPIC])


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    return pretend(monkeypatch)


def request(found: dict[str, Any], *, at: float = NOW) -> InboundRequest:
    return received(json.dumps(found).encode(), at=at)


def proven(found: dict[str, Any], *, at: float = NOW) -> bool:
    return bool(verify(SNS.scheme, request(found, at=at), []))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "a subject"])
def test_a_message_that_amazon_signed_is_proven(
    amazon: Amazon, version: str, subject: str | None
) -> None:
    assert proven(message(version, Subject=subject))


@pytest.mark.parametrize(
    "name", ["Message", "MessageId", "Timestamp", "TopicArn", "Type", "Signature", "Subject"]
)
@pytest.mark.parametrize("value", ["x", "", None, 5, [], {}])
def test_what_is_signed_can_be_neither_changed_nor_left_out(
    amazon: Amazon, name: str, value: object
) -> None:
    found = message(Subject="s")
    found[name] = value

    assert not proven(found)


def test_a_message_that_somebody_else_signed_is_refused(amazon: Amazon) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    assert not proven(message(key=other))


@pytest.mark.parametrize("version", ["3", "", None, 2, "1 "])
def test_another_version_of_the_signature_is_refused(amazon: Amazon, version: object) -> None:
    assert not proven(message() | {"SignatureVersion": version})


def test_nothing_is_fetched_for_a_topic_that_is_not_allowed(amazon: Amazon) -> None:
    assert not proven(message(TopicArn=TOPIC.replace("ecr-push", "other")))
    assert amazon.asked == []


def test_a_body_that_names_no_topic_of_ours_is_not_even_parsed(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    monkeypatch.setattr(sns_module, "parse_object", parsed.append)

    other = "arn:aws:sns:us-west-2:999999999999:other"

    assert not proven(message(TopicArn=other, UnsubscribeURL=None))
    assert parsed == []


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE_URL.replace("https", "http"),
        CERTIFICATE_URL.replace("us-west-2", "us-east-1"),
        CERTIFICATE_URL.replace("amazonaws.com", "amazonaws.com.evil.example"),
        CERTIFICATE_URL.replace("sns.", "sns.us-west-2.amazonaws.com@evil."),
        CERTIFICATE_URL.replace("sns.", "evil.example/sns."),
        CERTIFICATE_URL.replace(".com/", ".com:8443/"),
        CERTIFICATE_URL.replace("/Simple", "/../Simple"),
        CERTIFICATE_URL.replace(".pem", ".pem?x=1"),
        CERTIFICATE_URL + "\n",
        f"{HOST}/x.pem",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "",
        None,
        5,
    ],
)
def test_no_address_but_amazons_certificate_is_fetched(amazon: Amazon, url: object) -> None:
    assert not proven(message() | {"SigningCertURL": url})
    assert amazon.asked == []


@pytest.mark.parametrize("off", [-300, 0, 3600])
def test_a_message_is_good_for_the_hour_in_which_amazon_repeats_it(
    amazon: Amazon, off: int
) -> None:
    assert proven(message(), at=NOW + off)


@pytest.mark.parametrize("off", [-302, 3602, 86_400 * 2])
def test_a_message_of_another_time_is_a_replay(amazon: Amazon, off: int) -> None:
    assert not proven(message(), at=NOW + off)


@pytest.mark.parametrize("text", ["soon", "2026-01-01", "2026-09-21T14:13:20", "1790000000"])
def test_a_time_without_zone_or_sense_is_refused(amazon: Amazon, text: str) -> None:
    assert not proven(message(Timestamp=text))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        certificate(days=-1),
        certificate(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_a_certificate_that_is_none_proves_nothing(amazon: Amazon, answer: bytes) -> None:
    amazon.answers[CERTIFICATE_URL] = answer

    assert not proven(message())


def test_a_certificate_is_fetched_once(amazon: Amazon) -> None:
    for _ in range(3):
        assert proven(message())
    assert amazon.asked == [CERTIFICATE_URL]


def test_made_up_certificates_cost_a_few_fetches_a_minute(amazon: Amazon) -> None:
    assert proven(message())
    for number in range(20):
        made_up = f"{HOST}/SimpleNotificationService-{number + 1:032x}.pem"
        assert not proven(message() | {"SigningCertURL": made_up})

    assert len(amazon.asked) == 5
    assert proven(message())


def test_a_subscription_is_confirmed_at_amazons_address_only(amazon: Amazon) -> None:
    found = subscription(SubscribeURL="http://169.254.169.254/")

    assert proven(found)
    assert SNS.confirm(request(found)) is None
    topic = "arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3Aecr-push"
    confirmation = f"{HOST}/?Action=ConfirmSubscription&TopicArn={topic}&Token=t0ken"
    assert amazon.asked[1:] == [confirmation]


def test_a_confirmation_that_fails_is_told_without_its_token(
    amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(url: str) -> bytes:
        raise Unavailable(f"{url} answers 500")

    monkeypatch.setattr(sns_source, "get", away)

    failed = SNS.confirm(request(subscription()))

    assert failed is not None
    assert (TOPIC in failed, "t0ken" in failed) == (True, False)


def test_a_notification_asks_for_no_confirmation(amazon: Amazon) -> None:
    assert SNS.confirm(request(message())) is None
    assert amazon.asked == []


def test_the_event_inside_a_notification_is_the_push() -> None:
    [claim] = SNS.read(request(message()))

    assert claim == Push(
        "my-repository-name", "latest", None, "123456789012.dkr.ecr.us-west-2.amazonaws.com"
    )


@pytest.mark.parametrize("text", ["", "x", "[]", None, 5, '{"detail": 5}'])
def test_a_notification_about_something_else_has_an_unexpected_shape(text: object) -> None:
    assert codes(SNS.read(request(message() | {"Message": text}))) == ["unexpected_shape"]


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_other_messages_are_not_a_push(kind: str) -> None:
    assert codes(SNS.read(request(message() | {"Type": kind}))) == ["not_a_push"]


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        (TOPIC, "sns.us-west-2.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:t", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws:sns:evil.example/:123456789012:t", None),
        ("arn:aws:sqs:us-west-2:123456789012:t", None),
        ("", None),
    ],
)
def test_the_host_is_amazons_in_the_topics_region(topic: str, host: str | None) -> None:
    assert host_of(topic) == host
