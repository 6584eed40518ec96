# SPDX-License-Identifier: GPL-3.0-or-later
"""What orders tags that are no versions: the numbers, or the date, in them."""

from __future__ import annotations

import datetime as dt
import re

_RUN = re.compile(r"[0-9]+")
# What may follow a day: a time or a count, as T153000Z, -2 or .15.30.
_AFTER = re.compile(r"(?:[T._-]?[0-9]+)*Z?")
_YEAR, _COMPACT = 4, 8


def numbers_in(text: str) -> tuple[int, ...]:
    """Return all numbers in a text, from left to right; empty where there is none."""
    return tuple(int(run) for run in _RUN.findall(text))


def date_in(text: str) -> tuple[int, ...] | None:
    """Return the day at the start of a text and the numbers after it, None without a day.

    Read are 2026-11-28 and 20261128, with any separators or none. What follows counts where it is a
    time or a count, not where it holds other letters: a commit's hash comes in no order.
    """
    first = _RUN.search(text)
    if first is None or any(char.isalpha() for char in text[: first.start()]):
        return None
    runs = _RUN.findall(text)
    if len(runs[0]) >= _COMPACT:
        head = runs[0]
        runs = [head[:4], head[4:6], head[6:8], *([head[8:]] if head[8:] else []), *runs[1:]]
    if len(runs) < 3 or len(runs[0]) != _YEAR:  # noqa: PLR2004 - year, month and day
        return None
    year, month, day, *rest = (int(run) for run in runs)
    try:
        return (dt.date(year, month, day).toordinal(), *(rest if _is_time(text) else ()))
    except ValueError:
        return None


def _is_time(text: str) -> bool:
    return _AFTER.fullmatch(text) is not None
