# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove who sent a request: one ``verify`` for every scheme that a sender offers.

Every scheme works on the bytes that came, compares in constant time, and takes each of the
hook's secrets, so that two are good while one replaces the other.
"""

from webhook_bridge.authentication.comparison import secret_matches
from webhook_bridge.authentication.hmac_signature import HmacSignature
from webhook_bridge.authentication.scheme import (
    ACCEPTED,
    SECRET_HEADERS,
    Refused,
    Scheme,
    Verification,
    verify,
)
from webhook_bridge.authentication.shared_secret import (
    BasicPassword,
    BearerToken,
    FixedHeader,
    PathSecret,
)
from webhook_bridge.authentication.standard_webhooks import StandardWebhooks

PROVEN_BY_HEAD = (PathSecret, BearerToken, FixedHeader, BasicPassword)
"""Schemes whose proof stands in the head of a request, and costs no more than a comparison: it is
known before the body is read."""

__all__ = [
    "ACCEPTED",
    "PROVEN_BY_HEAD",
    "SECRET_HEADERS",
    "BasicPassword",
    "BearerToken",
    "FixedHeader",
    "HmacSignature",
    "PathSecret",
    "Refused",
    "Scheme",
    "StandardWebhooks",
    "Verification",
    "secret_matches",
    "verify",
]
