# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done about somebody who tries to sign in and cannot: noted, and slowed."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import cast

from flask import current_app, request

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.operations import signing_in
from webhook_bridge.receiving.answers import refusal
from webhook_bridge.receiving.failure_rate_limit import Allowance, FailureLimit
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.receiving.rejected_requests import rejection
from webhook_bridge.web.current import current_bridge

STRANGERS = "longshore.strangers"
# An event stays for a year: nobody fills the list with refusals of somebody's old link.
_EVENTS = Allowance(burst=10, per_second=1 / 60)


class Strangers:
    """Counts the failures of an application, beside those of hooks and of the API."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._events = FailureLimit(_EVENTS)

    def refuse(self, why: str) -> int:
        """Note a failure; return the seconds to wait, 0 when none."""
        answer = refusal(HTTPStatus.FORBIDDEN, "sign_in_refused", why)
        received = InboundRequest(dict(request.headers), b"", time.time())
        note = rejection(
            received,
            hook=None,
            status=answer.status.value,
            code="sign_in_refused",
            detail=why,
            remote=request.remote_addr or "",
        )
        told = self._refusals.refuse(answer, note, tried="sign-in")
        return int(told.headers.get("Retry-After", "0"))

    def tell(self, who: str, *, method: str, why: str) -> None:
        """Store as an event that somebody who is known was refused, unless it is one of many."""
        if not self._events.wait_after([who], now=time.monotonic()):
            address = request.remote_addr or ""
            store = current_bridge().store
            signing_in.note_refusal(store, who, method=method, why=why, address=address)


def current_strangers() -> Strangers:
    """Return that of the current application."""
    return cast("Strangers", current_app.extensions[STRANGERS])
