# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pipeline asks again and again: what became of the delivery that it sent.

Two look-ups, no lock, and no thread beyond that: whoever waits asks again after `Retry-After`.
"""

from __future__ import annotations

import hashlib
import time
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from webhook_bridge.domain.inbound import InboundRequest
from webhook_bridge.operations.delivery_status import status_of
from webhook_bridge.receiving.answers import PROVEN
from webhook_bridge.receiving.status_readers import NO_SUCH_DELIVERY, StatusReaders
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import as_response
from webhook_bridge.web.questions import takes_anything

READERS = "longshore.status_readers"
blueprint = Blueprint("delivery_status", __name__, url_prefix="/hooks")


@blueprint.get("/<name>/deliveries/<identifier>", provide_automatic_options=False)
@takes_anything
def show_status(name: str, identifier: str) -> Response:
    """How far a delivery has come, for who has its hook's secret."""
    readers = cast("StatusReaders", current_app.extensions[READERS])
    received = InboundRequest(dict(request.headers), b"", time.time())
    address = request.remote_addr or ""
    refused = readers.refuse(name, received, path=request.path, address=address)
    if refused is not None:
        return as_response(refused)
    request.environ[PROVEN] = True
    with current_bridge().store.read() as connection:
        status = status_of(connection, identifier, hook=name)
    if status is None:
        return as_response(NO_SUCH_DELIVERY)
    return _answer(jsonify(status.view), status.again_after)


def _answer(response: Response, again: int | None) -> Response:
    """Return the answer, without its body for who has that already."""
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:16])
    response.make_conditional(request)
    if again is not None:
        response.headers["Retry-After"] = str(again)
    return response
