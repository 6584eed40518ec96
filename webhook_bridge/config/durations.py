# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as people write them in files: 30s, 10m, 2h, 1d, or a number of seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: object) -> float:
    """Return the duration in seconds; raise ValueError for anything but 30s, 10m, 2h, 1d, 45."""
    match = None
    if not isinstance(value, bool) and isinstance(value, (str, int, float)):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value).strip())
    if match is None or not float(match[1]):
        raise ValueError("is no duration above 0; write for example 30s, 10m or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def parse_pause(value: object) -> float:
    """Return a duration in seconds that may be 0; raise ValueError as parse_duration does."""
    is_none = not isinstance(value, bool) and str(value).strip() in ("0", "0.0", "0s")
    return 0.0 if is_none else parse_duration(value)


Duration = Annotated[float, BeforeValidator(parse_duration)]
Pause = Annotated[float, BeforeValidator(parse_pause)]


def parse_since(text: str, *, now: float) -> float:
    """Return the moment in seconds since the epoch; raise ValueError for what is none.

    `2h` is two hours before `now`; a time without an offset is UTC.
    """
    try:
        return now - parse_duration(text)
    except ValueError:
        pass  # no duration: what is neither is refused below
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            "must be a duration or a time, such as 2h or 2026-12-31T12:00:00"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
