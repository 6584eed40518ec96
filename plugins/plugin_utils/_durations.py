# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as people write them in files: 30s, 10m, 2h, 1d, or a number of seconds."""

from __future__ import annotations

import re
from typing import Any

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)", re.ASCII)


def duration(value: Any) -> float:
    """Return a duration in seconds; raise ValueError for what is not greater than 0."""
    seconds = _seconds(value)
    if not seconds:
        raise ValueError("must be a duration greater than 0, for example 30s")
    return seconds


def pause(value: Any) -> float:
    """Return a duration in seconds that may be 0; raise ValueError for anything else."""
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError("must be a duration of 0 or more, for example 30s")
    return seconds


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    match = _WRITTEN.fullmatch(str(value).strip())
    return None if match is None else float(match[1]) * _SECONDS[match[2]]
