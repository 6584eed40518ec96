# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the body of a request: all of it, and no more than we take."""

from __future__ import annotations

import re

from flask import request
from werkzeug.exceptions import BadRequest, ClientDisconnected

LARGEST_BODY = 1024 * 1024
"""What the server, and Flask by MAX_CONTENT_LENGTH, refuse more of to strangers: 413."""
LARGEST_PROVEN_BODY = 32 * 1024 * 1024
"""What a sender may send that a hook knows: GitLab's events have up to 25 MB."""
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
