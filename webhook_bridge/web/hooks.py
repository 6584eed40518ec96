# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that registries call: authenticate, check, store, acknowledge."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Response, jsonify, request

from webhook_bridge.authentication import SECRET_HEADERS, BearerToken, PathSecret, Scheme, verify
from webhook_bridge.hook_settings import Hook
from webhook_bridge.received import Received
from webhook_bridge.sources.base import Source
from webhook_bridge.store.deliveries import NewDelivery
from webhook_bridge.strict_json import MalformedBody
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import error_response

_log = logging.getLogger(__name__)
blueprint = Blueprint("hooks", __name__)

# Compared against when the hook is unknown, so that it takes the same time as a wrong secret.
_NOBODYS_SECRET = (b"\0" * 43,)


@blueprint.post("/hooks/<name>/<secret>")
def receive_by_path(name: str, secret: str) -> Response:
    """Take a delivery from a sender that can only be given a URL."""
    hook = _hook(name, in_path=True)
    received = _received(path_secret=secret.encode("utf-8", "surrogateescape"))
    if not _proven(hook, received, otherwise=PathSecret()) or hook is None:
        return error_response(404, "not_found", "there is no such hook")
    return _receive(hook, received)


@blueprint.post("/hooks/<name>")
def receive_by_header(name: str) -> Response:
    """Take a delivery from a sender that proves itself by a header or in the body."""
    hook = _hook(name, in_path=False)
    received = _received()
    if not _proven(hook, received, otherwise=BearerToken()) or hook is None:
        response = error_response(401, "unauthorized", "no such hook, or not its secret")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    return _receive(hook, received)


def _hook(name: str, *, in_path: bool) -> Hook | None:
    hook = current_bridge().settings.hooks.get(name)
    return hook if hook is not None and (hook.sender.scheme.place == "path") == in_path else None


def _received(path_secret: bytes = b"") -> Received:
    return Received(dict(request.headers), request.get_data(), time.time(), path_secret)


def _proven(hook: Hook | None, received: Received, *, otherwise: Scheme) -> bool:
    """Verify the request; for an unknown hook by the other scheme, which then refuses."""
    if hook is None:
        verify(otherwise, received, _NOBODYS_SECRET)
        return False
    verification = verify(hook.sender.scheme, received, hook.secrets)
    if not verification:
        _log.info("hook %s: refused a request: %s", hook.name, verification.reason)
    return verification.accepted and hook.sender.allows(request.remote_addr or "")


def _receive(hook: Hook, received: Received) -> Response:
    refusal = _refusal(hook.sender, received)
    if refusal is not None:
        return refusal
    failed = hook.sender.confirm(received)
    if failed is not None:
        _log.error("hook %s: %s", hook.name, failed)
        return error_response(503, "unconfirmed", "the confirmation failed; send it again")
    identifier = current_bridge().accept(
        NewDelivery(
            hook=hook.name,
            source=hook.source,
            remote=request.remote_addr or "",
            headers=_stored_headers(hook.sender.scheme),
            body=received.body,
            received_at=received.at,
        )
    )
    response = jsonify({"delivery": identifier})
    response.status_code = 202
    return response


def _refusal(source: Source, received: Received) -> Response | None:
    """Return why a body is not taken; None when it can be read, or its sender wants a 2xx."""
    if source.always_accepts:
        return None
    declared = request.content_length
    if declared is not None and declared != len(received.body):
        return error_response(400, "incomplete_body", "the body is shorter than Content-Length")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return error_response(415, "unsupported_encoding", "send the body without an encoding")
    if request.mimetype not in source.content_types:
        return _wrong_type(source)
    try:
        source.read(received)
    except MalformedBody as error:
        return error_response(400, "malformed", str(error))
    return None


def _wrong_type(source: Source) -> Response:
    allowed = ", ".join(sorted(source.content_types))
    where = "choose that content type where the sender's webhook is configured"
    return error_response(415, "unsupported_media_type", f"send the body as {allowed}; {where}")


def _stored_headers(scheme: Scheme) -> dict[str, str]:
    """Return the request's headers, those that may hold a secret left out."""
    left_out = SECRET_HEADERS | scheme.secret_headers
    return {name: value for name, value in request.headers if name.lower() not in left_out}
