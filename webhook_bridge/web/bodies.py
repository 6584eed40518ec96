# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the body of a request: all of it, and no more than we take."""

from __future__ import annotations

import re

from flask import request
from werkzeug.exceptions import BadRequest, ClientDisconnected

_LENGTH = re.compile("[0-9]{1,12}")


def whole_body() -> bytes:
    """Return the body; waitress has counted it, another server may not have."""
    declared = request.environ.get("CONTENT_LENGTH") or "0"
    if not _LENGTH.fullmatch(declared):
        raise BadRequest("Content-Length must be a number")
    body = request.get_data()
    if len(body) != int(declared):
        raise ClientDisconnected
    return body
