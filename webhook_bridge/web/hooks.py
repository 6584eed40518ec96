# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that registries call, answered before Flask: docs/adr/0010.

Whatever a stranger sends, what is looked at first is the same for every hook and every secret.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from webhook_bridge.domain.inbound import Received
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.receiving.answers import PROVEN, Answer, refusal
from webhook_bridge.receiving.reception import HookRequest, Reception

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
LARGEST_BODY = 1024 * 1024
_PREFIX = "/hooks/"
_RETRY_AFTER_S = "5"


class Hooks:
    """WSGI middleware: answers requests below /hooks/, hands all others on."""

    def __init__(self, app: WSGIApplication, reception: Reception) -> None:
        self._app = app
        self._reception = reception

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not environ["PATH_INFO"].startswith(_PREFIX):
            return self._app(environ, start_response)
        answer = self._answer(environ)
        if answer.status == HTTPStatus.ACCEPTED:
            environ[PROVEN] = True
        return answer.send(start_response)

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        try:
            request = read_request(environ)
            return request if isinstance(request, Answer) else self._reception.receive(request)
        except StoreUnavailable as error:
            _log.error("store: %s", error)
            return unavailable()
        except Exception as error:  # noqa: BLE001 -- a stranger must not see, or end, anything
            identifier = str(uuid.uuid4())
            _log.error("unexpected error %s", identifier, exc_info=error)
            message = f"see {identifier} in the bridge's log"
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", message)


def unavailable() -> Answer:
    """Return the answer when nothing can be stored."""
    return refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store_unavailable",
        "nothing can be stored now; try again",
        Retry_After=_RETRY_AFTER_S,
    )


def read_request(environ: WSGIEnvironment) -> HookRequest | Answer:
    """Return the request, or the answer to one that no hook would take."""
    if environ["REQUEST_METHOD"] != "POST":
        return refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "POST to a hook", Allow="POST"
        )
    name, slash, secret = environ["PATH_INFO"].removeprefix(_PREFIX).partition("/")
    if not name or "/" in secret:
        return refusal(HTTPStatus.NOT_FOUND, "not_found", "there is no such hook")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() != "identity":
        message = "send the body without an encoding"
        return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message)
    body = _read_body(environ)
    if isinstance(body, Answer):
        return body
    return HookRequest(
        name=name,
        in_path=bool(slash),
        received=Received(_headers(environ), body, time.time(), secret.encode("latin-1")),
        address=environ.get("REMOTE_ADDR", ""),
        media_type=environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower(),
    )


def _read_body(environ: WSGIEnvironment) -> bytes | Answer:
    """Return the body; waitress has counted it, another server may not have."""
    declared = environ.get("CONTENT_LENGTH") or "0"
    if not (declared.isascii() and declared.isdigit()):
        return refusal(HTTPStatus.BAD_REQUEST, "bad_request", "Content-Length is no number")
    if int(declared) > LARGEST_BODY:
        message = f"a body has at most {LARGEST_BODY} bytes"
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request_entity_too_large", message)
    body: bytes = environ["wsgi.input"].read(int(declared))
    if len(body) != int(declared):
        message = "the body is shorter than Content-Length"
        return refusal(HTTPStatus.BAD_REQUEST, "incomplete_body", message)
    return body


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").title()] = environ[name]
    return headers
