# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that registries call: authenticate, check, store, acknowledge."""

from __future__ import annotations

import time
from typing import Literal

from flask import Blueprint, Response, jsonify, request

from webhook_bridge.authentication import secret_matches
from webhook_bridge.settings import Hook
from webhook_bridge.sources import SOURCES
from webhook_bridge.sources.base import Source
from webhook_bridge.store.deliveries import NewDelivery
from webhook_bridge.strict_json import MalformedBody
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.errors import error_response

blueprint = Blueprint("hooks", __name__)

# Compared against when the hook is unknown, so that it takes the same time as a wrong secret.
_NOBODYS_SECRET = (b"\0" * 43,)
_NOT_STORED = frozenset({"authorization", "cookie", "proxy-authorization"})


@blueprint.post("/hooks/<name>/<secret>")
def receive_by_path(name: str, secret: str) -> Response:
    """Take a delivery from a sender that can only be given a URL."""
    hook = _hook(name, "path")
    presented = secret.encode("utf-8", "surrogateescape")
    if not secret_matches(presented, hook.secrets if hook else _NOBODYS_SECRET) or hook is None:
        return error_response(404, "not_found", "there is no such hook")
    return _receive(hook)


@blueprint.post("/hooks/<name>")
def receive_by_header(name: str) -> Response:
    """Take a delivery from a sender that shows its secret in a header."""
    hook = _hook(name, "header")
    source = SOURCES[hook.source if hook else "distribution"]
    secrets = hook.secrets if hook else _NOBODYS_SECRET
    if not source.authenticate(dict(request.headers), secrets) or hook is None:
        response = error_response(401, "unauthorized", "no such hook, or not its secret")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    return _receive(hook)


def _hook(name: str, place: Literal["path", "header"]) -> Hook | None:
    hook = current_bridge().settings.hooks.get(name)
    return hook if hook is not None and SOURCES[hook.source].secret_in == place else None


def _receive(hook: Hook) -> Response:
    source = SOURCES[hook.source]
    body = request.get_data()
    refusal = None if source.always_accepts else _refusal(source, body)
    if refusal is not None:
        return refusal
    identifier = current_bridge().accept(
        NewDelivery(
            hook=hook.name,
            source=hook.source,
            remote=request.remote_addr or "",
            headers=_stored_headers(),
            body=body,
            received_at=time.time(),
        )
    )
    response = jsonify({"delivery": identifier})
    response.status_code = 202
    return response


def _refusal(source: Source, body: bytes) -> Response | None:
    """Return why a body is not taken; None when it can be read."""
    declared = request.content_length
    if declared is not None and declared != len(body):
        return error_response(400, "incomplete_body", "the body is shorter than Content-Length")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return error_response(415, "unsupported_encoding", "send the body without an encoding")
    if request.mimetype not in source.content_types:
        allowed = ", ".join(sorted(source.content_types))
        return error_response(415, "unsupported_media_type", f"send the body as {allowed}")
    try:
        source.read(body)
    except MalformedBody as error:
        return error_response(400, "malformed", str(error))
    return None


def _stored_headers() -> dict[str, str]:
    """Return the request's headers, those that may hold a secret left out."""
    return {name: value for name, value in request.headers if name.lower() not in _NOT_STORED}
