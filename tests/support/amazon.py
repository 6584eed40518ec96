# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SNS with a key of our own: its certificate, and messages that it signs."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from tests.support.sending import NOW, payload
from webhook_bridge.authentication import certificates as certificates_module
from webhook_bridge.authentication import sns as sns_module
from webhook_bridge.authentication.certificates import Certificates
from webhook_bridge.authentication.fetched import Unavailable
from webhook_bridge.sources import sns as sns_source

TOPIC = "arn:aws:sns:us-west-2:123456789012:ecr-push"
HOST = "https://sns.us-west-2.amazonaws.com"
CERTIFICATE_URL = f"{HOST}/SimpleNotificationService-{'0' * 32}.pem"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: Any = KEY, *, days: int = 3650) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    moment = datetime.fromtimestamp(NOW, UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - timedelta(days=3650))
        .not_valid_after(moment + timedelta(days=days))
        .sign(KEY, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """What is fetched, and what is answered; nothing leaves this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, bytes] = {CERTIFICATE_URL: certificate()}

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.answers and "Action=ConfirmSubscription" not in url:
            raise Unavailable(f"{url} answers 404")
        return self.answers.get(url, b"<ConfirmSubscriptionResponse/>")


def pretend(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """Take Amazon's place for a test."""
    made = Amazon()
    monkeypatch.setattr(certificates_module, "get", made.get)
    monkeypatch.setattr(sns_source, "get", made.get)
    monkeypatch.setattr(sns_module, "_certificates", Certificates())
    return made


def message(version: str = "2", *, key: rsa.RSAPrivateKey = KEY, **fields: Any) -> dict[str, Any]:
    """Return a message as Amazon signs it: names and values, a line each."""
    event = payload("aws-sns-notification-1.json")
    found = json.loads(event.body) | {
        "TopicArn": TOPIC,
        "SigningCertURL": CERTIFICATE_URL,
        "SignatureVersion": version,
        "Timestamp": datetime.fromtimestamp(NOW, UTC).isoformat().replace("+00:00", "Z"),
    }
    found = {name: value for name, value in (found | fields).items() if value is not None}
    left_out = {"SubscribeURL", "Token"} if found["Type"] == "Notification" else {"Subject"}
    order = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn"]
    signed = [name for name in [*order, "Type"] if name in found and name not in left_out]
    text = "".join(f"{name}\n{found[name]}\n" for name in signed)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 -- as Amazon does
    found["Signature"] = base64.b64encode(key.sign(text.encode(), PKCS1v15(), algorithm)).decode()
    return found


def subscription(**fields: Any) -> dict[str, Any]:
    usual = {"Type": "SubscriptionConfirmation", "Token": "t0ken", "SubscribeURL": f"{HOST}/?x"}
    return message(**usual | fields)
