# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments of the past as people write them: how long ago, or when."""

from __future__ import annotations

from datetime import UTC, datetime

from webhook_bridge.durations import parse_duration


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
