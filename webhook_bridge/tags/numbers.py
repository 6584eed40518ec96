# SPDX-License-Identifier: GPL-3.0-or-later
"""What orders tags that are no versions: the numbers, or the date, in them."""

from __future__ import annotations

import datetime as dt
import re

_RUN = re.compile(r"[0-9]+")
_YEAR, _COMPACT = 4, 8


def numbers_in(text: str) -> tuple[int, ...]:
    """Return all numbers in a text, from left to right; empty where there is none."""
    return tuple(int(run) for run in _RUN.findall(text))


def date_in(text: str) -> tuple[int, ...] | None:
    """Return the day in a text and the numbers after it (a time, a count), None without a day.

    Read are 2026-11-28 and 20261128, with any separators or none.
    """
    runs = _RUN.findall(text)
    if runs and len(runs[0]) >= _COMPACT:
        first = runs[0]
        runs = [first[:4], first[4:6], first[6:8], *([first[8:]] if first[8:] else []), *runs[1:]]
    if len(runs) < 3 or len(runs[0]) != _YEAR:  # noqa: PLR2004 - year, month and day
        return None
    year, month, day, *rest = (int(run) for run in runs)
    try:
        return (dt.date(year, month, day).toordinal(), *rest)
    except ValueError:
        return None
