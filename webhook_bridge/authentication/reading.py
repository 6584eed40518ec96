# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove by a hook's own secret who asks what became of a delivery.

Such a request has no body. Whoever shows the secret, or a token, does so as for a delivery, and in
`Authorization: Bearer` where deliveries have it in their path. Whoever signs, signs the path in the
place of the body, with the time before it, so that a signature is good for minutes, for one path,
and for nothing that is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from webhook_bridge.authentication.hmac_signature import HmacSignature
from webhook_bridge.authentication.scheme import Refused, Scheme, Verification, verify
from webhook_bridge.authentication.shared_secret import BearerToken, PathSecret
from webhook_bridge.authentication.standard_webhooks import check_time
from webhook_bridge.domain.inbound import InboundRequest

_TIMESTAMP = "webhook-timestamp"


def verify_reader(
    scheme: Scheme, received: InboundRequest, secrets: Sequence[bytes], *, path: str
) -> Verification:
    """Say whether a request for this path is proven to come from who has the hook's secret."""
    if isinstance(scheme, PathSecret):
        return verify(BearerToken(), received, secrets)
    signed = path.encode()
    if isinstance(scheme, HmacSignature):
        try:
            check_time(received)
        except Refused as refusal:
            return Verification(accepted=False, reason=str(refusal))
        signed = received.header(_TIMESTAMP) + b"." + signed
    return verify(scheme, replace(received, body=signed), secrets)
