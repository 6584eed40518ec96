# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that registries call.

Whatever a stranger sends, what is looked at first is the same for every hook and every secret.
"""

from __future__ import annotations

import time
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, request

from webhook_bridge.domain.inbound import LARGEST_PROVEN_BODY, InboundRequest
from webhook_bridge.receiving.answers import PROVEN, refusal
from webhook_bridge.receiving.reception import HookRequest
from webhook_bridge.web.bodies import whole_body
from webhook_bridge.web.current import current_reception
from webhook_bridge.web.errors import as_response
from webhook_bridge.web.questions import takes_anything

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")


@blueprint.before_request
def refuse_encoded() -> Response | None:
    """Return the answer to a body that would have to be unpacked; None to any other."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() == "identity":
        return None
    message = "send the body without an encoding"
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return as_response(refusal(status, "unsupported_encoding", message))


@blueprint.post("/<name>", provide_automatic_options=False)
@takes_anything
def receive(name: str) -> Response:
    """Take a delivery whose proof is in a header or in the body."""
    return _receive(name, "", in_path=False)


@blueprint.post("/<name>/", provide_automatic_options=False)
@blueprint.post("/<name>/<secret>", provide_automatic_options=False)
@takes_anything
def receive_with_secret(name: str, secret: str = "") -> Response:
    """Take a delivery whose secret is in the path."""
    return _receive(name, secret, in_path=True)


def _receive(name: str, secret: str, *, in_path: bool) -> Response:
    reception = current_reception()
    head = HookRequest(
        name=name,
        in_path=in_path,
        received=InboundRequest(dict(request.headers), b"", time.time(), secret.encode()),
        address=request.remote_addr or "",
        media_type=request.mimetype,
    )
    if reception.is_proven_by_head(head) or reception.reads_before_proof():
        request.max_content_length = LARGEST_PROVEN_BODY
    received = replace(head.received, body=whole_body())
    answer = reception.receive(replace(head, received=received))
    if answer.status == HTTPStatus.ACCEPTED:
        request.environ[PROVEN] = True
    return as_response(answer)
