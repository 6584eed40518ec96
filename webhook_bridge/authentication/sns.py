# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of Amazon SNS, signed with a key whose certificate Amazon publishes.

Facts: docs.aws.amazon.com/sns "Verifying the signatures of Amazon SNS messages". The certificate's
address comes with the message. It is fetched only if it is Amazon's own host in the region of an
allowed topic, and a certificate's path; a stranger can make us do no more than that.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from webhook_bridge.authentication.certificates import Certificates
from webhook_bridge.authentication.fetched import Unavailable
from webhook_bridge.authentication.scheme import Refused
from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.domain.references import shown
from webhook_bridge.strict_json import MalformedBody, parse_object

TOPIC = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):sns:(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]):"
    r"[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?"
)
AHEAD_S = 300
BEHIND_S = 3600
"""Amazon repeats a message, with its first time, for up to an hour."""
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES: Mapping[object, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 -- Amazon signs with SHA-1 unless the topic asks for version 2
_CERTIFICATE = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)/SimpleNotificationService-[0-9a-f]{32}\.pem"
)
_certificates = Certificates()


def host_of(topic: str) -> str | None:
    """Return Amazon's host in a topic's region; None where the text is no topic."""
    match = TOPIC.fullmatch(topic)
    if match is None:
        return None
    ending = "amazonaws.com.cn" if match["partition"] == "aws-cn" else "amazonaws.com"
    return f"sns.{match['region']}.{ending}"


@dataclass(frozen=True)
class SnsSignature:
    """A message of one of the allowed topics, signed by Amazon, not older than an hour."""

    topics: tuple[str, ...]
    place: Literal["body"] = "body"
    secret_headers: frozenset[str] = frozenset()
    needs_secret: bool = False

    def describe(self) -> str:
        """Return what subscribes."""
        return f"a subscription of {', '.join(self.topics)}"

    def check(self, received: InboundRequest, _secrets: Sequence[bytes], /) -> None:
        """Check the topic first: nothing is parsed or fetched for a stranger's."""
        if not any(topic.encode() in received.body for topic in self.topics):
            raise Refused("the body names none of the hook's topics")
        message = _message(received.body)
        topic = message.get("TopicArn")
        if not isinstance(topic, str) or topic not in self.topics:
            raise Refused(f"the topic {shown(topic)} is not one of the hook's topics")
        _check_time(message.get("Timestamp"), received.at)
        _check_signature(message, _certificate(message.get("SigningCertURL"), topic), received.at)


def _message(body: bytes) -> dict[str, object]:
    try:
        return parse_object(body)
    except MalformedBody as error:
        raise Refused(f"the body must be an Amazon SNS message: {error}") from None


def _check_time(text: object, now: float) -> None:
    try:
        sent = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        sent = None
    if sent is None or sent.tzinfo is None:
        raise Refused("the message has no Timestamp")
    if not -AHEAD_S <= now - sent.timestamp() <= BEHIND_S:
        raise Refused("the message's Timestamp is too far from this machine's clock: a replay?")


def _certificate(url: object, topic: str) -> x509.Certificate:
    match = _CERTIFICATE.fullmatch(url) if isinstance(url, str) else None
    if match is None or match["host"] != host_of(topic):
        raise Refused(f"SigningCertURL is {shown(url)}, no certificate of {host_of(topic)}")
    try:
        return _certificates.at(match[0])
    except Unavailable as error:
        raise Refused(f"Amazon's certificate cannot be had: {error}") from None


def _check_signature(
    message: Mapping[str, object], certificate: x509.Certificate, now: float
) -> None:
    key, algorithm = _public_key(certificate), _HASHES.get(_version(message))
    moment = datetime.fromtimestamp(now, UTC)
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise Refused("Amazon's certificate is not valid now")
    if not isinstance(key, RSAPublicKey) or algorithm is None:
        raise Refused("the signature is of a kind that is not known")
    try:
        key.verify(_signature(message), _signed_text(message), PKCS1v15(), algorithm)
    except InvalidSignature:
        raise Refused("the message is not signed by Amazon") from None


def _public_key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _version(message: Mapping[str, object]) -> str | None:
    version = message.get("SignatureVersion")
    return version if isinstance(version, str) else None


def _signature(message: Mapping[str, object]) -> bytes:
    try:
        return base64.b64decode(str(message.get("Signature")), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("the message's Signature is not base64") from None


def _signed_text(message: Mapping[str, object]) -> bytes:
    """Return names and values, a line each, in Amazon's order; a subject only if there is one."""
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        raise Refused(f"the message is of type {shown(message.get('Type'))}")
    lines: list[str] = []
    for name in names:
        value = message.get(name)
        if value is None and name == "Subject":
            continue
        if not isinstance(value, str):
            raise Refused(f"the message has no text {name}")
        lines += [name, value]
    return "".join(f"{line}\n" for line in lines).encode()
