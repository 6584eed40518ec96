# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore serve` writes to standard error: one line for each thing, whatever is in it.

To a terminal as people read it; elsewhere as one JSON object a line, times in UTC. A path's secret
is taken out of every line, and control characters are, so that nobody can forge a line.
"""

from __future__ import annotations

import json
import logging
import threading
import traceback
from datetime import UTC, datetime
from typing import TextIO

from webhook_bridge.redaction import without_path_secrets

_log = logging.getLogger(__name__)


def log_to(stream: TextIO) -> None:
    """Log everything from level INFO to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines() if stream.isatty() else JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A sender that hangs up is its own affair, and waitress would name the path.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    # One line for each request that waits for a thread: under a flood that is all there is.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(end: threading.ExceptHookArgs) -> None:
    """Log what ended a thread: Python would print it as it is, whatever is in the message."""
    name = "unknown" if end.thread is None else end.thread.name
    error = end.exc_value or end.exc_type()
    _log.error("thread %s ended", name, exc_info=error)


class Lines(logging.Formatter):
    """Time, level and message; the lines of a stack follow, indented."""

    def format(self, record: logging.LogRecord) -> str:
        """Return what is written for a record."""
        parts = [f"{_moment(record)} {record.levelname} {record.getMessage()}", _error(record)]
        first, *rest = _safe("\n".join(filter(None, parts))).split("\n")
        return "\n    ".join([first, *rest])


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return what is written for a record."""
        line = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _safe(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = _safe(_error(record))
        return json.dumps(line, ensure_ascii=False)


def _safe(text: str) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return without_path_secrets(text)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(record: logging.LogRecord) -> str:
    return "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
