# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as people write them in files: 30s, 10m, 2h, 1d, or a number of seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ansible_collections.longshore.containers.plugins.plugin_utils._durations import (
    duration,
    pause,
)
from pydantic import BeforeValidator

# By these names the bridge reads durations, in whatever file.
parse_duration = duration
parse_pause = pause

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
