# SPDX-License-Identifier: GPL-3.0-or-later
"""Stylesheet, scripts and pictures: under a path that changes with what they hold, so kept."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, abort

from webhook_bridge.web.questions import takes_anything

blueprint = Blueprint("static_files", __name__, url_prefix="/static")
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@cache
def _contents() -> dict[str, bytes]:
    """Return all static files by their names: some tens of kilobytes."""
    folder = Path(str(files("webhook_bridge.web"))) / "static"
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@cache
def version() -> str:
    """Return a word that changes with any of the files."""
    digest = hashlib.sha256()
    for name, content in _contents().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Return the path under which a static file is served."""
    return f"/static/{version()}/{name}"


@blueprint.get("/<of>/<path:name>")
@takes_anything
def static_file(of: str, name: str) -> Response:
    """One file; an address of another version is answered too, and not kept."""
    content = _contents().get(name)
    if content is None:
        abort(404)
    response = Response(content, mimetype=_TYPES[Path(name).suffix])
    if of == version():
        response.headers["Cache-Control"] = _FOR_A_YEAR
    return response
