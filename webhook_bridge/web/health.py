# SPDX-License-Identifier: GPL-3.0-or-later
"""Health probes: the only things served without authentication."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webhook_bridge.web.current import current_bridge

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Say whether deliveries can be taken: 200 or 503."""
    ready = current_bridge().problem() is None
    return jsonify({"status": "ready" if ready else "not ready"}), 200 if ready else 503
