# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard Webhooks: id, time and body signed together, so that a replay shows.

Facts: standard-webhooks/standard-webhooks spec/standard-webhooks.md; GitLab's signing token is
the same (gitlab-org/gitlab merge request 230944).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.authentication.comparison import secret_matches
from webhook_bridge.authentication.scheme import Refused
from webhook_bridge.domain.inbound import InboundRequest, identifier

REPLAY_WINDOW_S = 300
"""How far the sender's clock may be from ours, both ways."""
_SECRET_PREFIX = b"whsec_"
_MOST_SIGNATURES = 10
_ONE = rb"v[0-9][a-z0-9]*,[A-Za-z0-9+/=]+"
_SIGNATURES = re.compile(rb"%b(?: %b)*" % (_ONE, _ONE))
_SECONDS = re.compile(rb"[0-9]{1,12}")


@dataclass(frozen=True)
class StandardWebhooks:
    """``webhook-id``, ``webhook-timestamp`` and ``webhook-signature: v1,<base64>``."""

    place: Literal["header"] = "header"
    secret_headers: frozenset[str] = frozenset({"webhook-signature"})
    needs_secret: bool = True

    def describe(self) -> str:
        """Return what to give the sender."""
        return "SECRET as its signing secret; it then signs with webhook-signature"

    def check(self, received: InboundRequest, secrets: Sequence[bytes], /) -> None:
        """Check the time, then each signature that the sender gave against each secret."""
        signed = _signed_text(received)
        check_time(received)
        expected = [_sign(key, signed) for secret in secrets for key in _keys(secret)]
        matches = [secret_matches(shown, expected) for shown in _signatures(received)]
        if not any(matches):
            raise Refused("no signature in webhook-signature is made with the hook's secret")


def check_time(received: InboundRequest) -> None:
    """Return if the time in `webhook-timestamp` is about now.

    :raises Refused: where it is not, or there is none.
    """
    if abs(_timestamp(received) - received.at) > REPLAY_WINDOW_S:
        raise Refused(
            f"webhook-timestamp is more than {REPLAY_WINDOW_S} s from this machine's clock: "
            "a replay, or one of the two clocks is wrong"
        )


def _signed_text(received: InboundRequest) -> bytes:
    message = received.word("webhook-id")
    if identifier(message) is None or message is None:
        raise Refused("the header webhook-id is missing, or no short text")
    return b".".join([message.encode(), received.header("webhook-timestamp"), received.body])


def _timestamp(received: InboundRequest) -> int:
    text = received.header("webhook-timestamp")
    if not _SECONDS.fullmatch(text):
        raise Refused("the header webhook-timestamp is missing, or no whole number of seconds")
    return int(text)


def _signatures(received: InboundRequest) -> list[bytes]:
    """Return the signatures of version 1; those of other versions are passed over, as specified."""
    given = received.header("webhook-signature")
    if not _SIGNATURES.fullmatch(given):
        raise Refused("the header webhook-signature is missing, or not v1,<base64>")
    return [
        one.removeprefix(b"v1,")
        for one in given.split(b" ")[:_MOST_SIGNATURES]
        if one.startswith(b"v1,")
    ]


def _keys(secret: bytes) -> Iterator[bytes]:
    """Give the key that a secret stands for: base64 after ``whsec_``, or the text as it is.

    Senders differ in whether they decode a secret without the prefix, so both are tried.
    """
    if not secret.startswith(_SECRET_PREFIX):
        yield secret
    try:
        yield base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        return


def _sign(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) if key else b""
