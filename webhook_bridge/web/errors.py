# SPDX-License-Identifier: GPL-3.0-or-later
"""One shape for every error: {"error": code, "message": sentence}, or a page for a person."""

from __future__ import annotations

import logging
import uuid

from flask import Flask, Response, jsonify, render_template
from werkzeug.exceptions import ClientDisconnected, HTTPException

from webhook_bridge.errors import NotFound, Refused, StoreUnavailable
from webhook_bridge.receiving.answers import Answer
from webhook_bridge.web.audience import is_for_person

_log = logging.getLogger(__name__)
_RETRY_AFTER_S = "5"
# RFC 9110 15.5.6 and 15.5.17: which methods there are, and how much there is.
_TELLING_HEADERS = ("Allow", "Content-Range")


def error_response(status: int, code: str, message: str) -> Response:
    """Return an error as every part of the bridge answers it."""
    if is_for_person():
        page = render_template("error.html", status=status, code=code, message=message)
        response = Response(page, mimetype="text/html")
    else:
        response = jsonify({"error": code, "message": message})
    response.status_code = status
    return response


def as_response(answer: Answer) -> Response:
    """Return an answer that was made without Flask as one of Flask's."""
    response = jsonify(answer.body)
    response.status_code = answer.status.value
    response.headers.extend(answer.headers)
    return response


def register_errors(app: Flask) -> None:
    """Answer every error in our shape, and none with a stack or a version."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ClientDisconnected, _incomplete)
    app.register_error_handler(NotFound, lambda e: error_response(404, e.code, str(e)))
    app.register_error_handler(Refused, lambda e: error_response(_status(e), e.code, str(e)))
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(Exception, _unexpected)


def _status(error: Refused) -> int:
    """Return 400 for what was asked wrongly, 503 for a registry that is away, else 409."""
    if error.code in ("malformed", "invalid_reference", "tag_and_digest", "ambiguous"):
        return 400
    busy = ("registry_unreachable", "registry_rate_limited", "registry_busy")
    return 503 if error.code in busy else 409


def _http_error(error: HTTPException) -> Response:
    code = (error.name or "error").lower().replace(" ", "_")
    response = error_response(error.code or 500, code, error.description or error.name)
    for name, value in error.get_headers():
        if name in _TELLING_HEADERS:
            response.headers[name] = value
    return response


def _incomplete(_: ClientDisconnected) -> Response:
    return error_response(400, "incomplete_body", "the body is shorter than Content-Length")


def _unavailable(error: StoreUnavailable) -> Response:
    _log.error("store: %s", error)
    response = error_response(503, "store_unavailable", "nothing can be stored now; try again")
    response.headers["Retry-After"] = _RETRY_AFTER_S
    return response


def _unexpected(error: Exception) -> Response:
    identifier = str(uuid.uuid4())
    _log.error("unexpected error %s", identifier, exc_info=error)
    return error_response(500, "internal_error", f"see {identifier} in the bridge's log")
