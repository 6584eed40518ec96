# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer with a log file, or with a part of it, without reading it whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, cast

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file


def log_response(file: Path) -> Response:
    """Return the bytes that the log has now, those of `Range` where that is asked for.

    The server reads the file while it sends: no thread waits for a slow reader, and what is
    written meanwhile is left out. A log that is not there yet is empty.
    """
    size = file.stat().st_size if file.exists() else 0
    wanted = _wanted_part(size)
    part = range(size) if wanted is None else wanted
    response = Response(mimetype="text/plain", direct_passthrough=True)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.accept_ranges = "bytes"
    response.content_length = len(part)
    if wanted is not None:
        response.status_code = 206
        response.content_range.set(part.start, part.stop, size)
    if part:
        response.response = wrap_file(
            request.environ, cast("IO[bytes]", _Part(file.open("rb"), part))
        )
    return response


def _wanted_part(size: int) -> range | None:
    """Return the part that is asked for, of RFC 9110 14.1.2; None for all of it.

    We name no version of the log that `If-Range` could be compared with: then all of it is sent.
    """
    if "Range" not in request.headers or "If-Range" in request.headers:
        return None
    asked = request.range
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1:
        start, stop = asked.ranges[0]
        if start < 0:  # the last so many bytes
            return range(max(0, size + start), size) if size else None
        if start < size:
            return range(start, size if stop is None else min(stop, size))
    message = f"Range: must be one of bytes=0-999, bytes=1000- or bytes=-1000, in {size} bytes"
    raise RequestedRangeNotSatisfiable(size, description=message)


class _Part:
    """A part of a file, for readers that would go on to its end, wherever that is by then."""

    def __init__(self, file: IO[bytes], part: range) -> None:
        self._file = file
        self._end = part.stop
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable
        self.close = file.close
        file.seek(part.start, os.SEEK_SET)

    def read(self, most: int = -1) -> bytes:
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if most < 0 else min(most, left))
