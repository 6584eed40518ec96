# SPDX-License-Identifier: GPL-3.0-or-later
"""Let nobody see anything below /api/ without a token, not even which paths there are."""

from __future__ import annotations

import time
from http import HTTPStatus

from flask import Response, g, request

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.receiving.answers import PROVEN, refusal
from webhook_bridge.receiving.refusals import Refusals
from webhook_bridge.receiving.rejected_requests import rejection
from webhook_bridge.web.callers import caller_of
from webhook_bridge.web.errors import as_response
from webhook_bridge.web.permissions import demand_permission

_PREFIX = "/api/"
_WRONG = "the API token is wrong"
_NONE = "no API token was sent"


class ApiToken:
    """Asks for a token of the API; until there is one, nobody has it."""

    def __init__(self, refusals: Refusals) -> None:
        self._turning_away = refusals

    def demand(self) -> Response | None:
        """Return the answer to a request that shows none, or does what its token does not open."""
        if not request.path.startswith(_PREFIX):
            return None
        received = InboundRequest(dict(request.headers), b"", time.time())
        caller = caller_of(received)
        if caller is not None:
            request.environ[PROVEN] = True
            g.caller, g.actor = caller, caller.actor
            return demand_permission(caller)
        message = "send a token of the API: Authorization: Bearer …"
        answer = refusal(
            HTTPStatus.UNAUTHORIZED, "unauthorized", message, WWW_Authenticate="Bearer"
        )
        note = rejection(
            InboundRequest(received.headers, request.get_data(), received.at),
            hook=None,
            status=answer.status.value,
            code="unauthorized",
            detail=_WRONG if "Authorization" in request.headers else _NONE,
            remote=request.remote_addr or "",
        )
        return as_response(self._turning_away.refuse(answer, note, tried="the API"))
