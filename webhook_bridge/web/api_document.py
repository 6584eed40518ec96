# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI document of this bridge, for tools."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from webhook_bridge.web.api_operation import operation
from webhook_bridge.web.current import public_url
from webhook_bridge.web.openapi.document import openapi

blueprint = Blueprint("api_document", __name__, url_prefix="/api/v1")
_EXTENSION = "longshore.openapi"


@blueprint.get("/openapi.json")
@operation("Document", media="application/json")
def show_document() -> Response:
    """Show this document: OpenAPI 3.1, for tools that import it."""
    return jsonify(current_document())


def current_document() -> dict[str, object]:
    """Return the document of the current application, at the address by which it was asked."""
    made = current_app.extensions.get(_EXTENSION)
    if made is None:
        made = current_app.extensions[_EXTENSION] = openapi(current_app, url="")
    return {**made, "servers": [{"url": public_url()}]}
