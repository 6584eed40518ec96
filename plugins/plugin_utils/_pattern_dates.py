# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the groups of a pattern can be a date, year, month and day, and where it begins."""

from __future__ import annotations

import string
from collections.abc import Callable

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import (
    Part,
    captures_of,
    parse_parts,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_slots import (
    Slots,
    uncaptured,
)

Matcher = Callable[[str], Callable[[str], bool]]

_DIGITS = frozenset(string.digits)
_YEARS = [str(year) for year in range(1990, 2100)]
_COMPACT = [f"{year}1128{time}" for year in _YEARS for time in ("", "15", "1530", "153000")]
# This many digits behind a number are rather seconds since 1970, or the number of a build.
_OF_SECONDS = 10
_LATER = [date for date in _COMPACT if len(date) != _OF_SECONDS]
_NO_YEARS, _NO_DATES = (
    ["1" * length for length in range(20) if length not in lengths]
    for lengths in ((4,), (8, 12, 14))
)
_DAY = 3
"""How many numbers a day is: year, month and day."""


def date_problem(slots: Slots, matcher: Matcher) -> str:
    """Return why the groups of a marked pattern are no date, with what to write, or empty."""
    marked = parse_parts(slots.marked, matcher)
    groups = slots.first_outside or len(set(slots.places))
    date = _later_date(_groups_of_date(slots, marked, groups), matcher)
    if date:
        before, rest = slots.marked[: date.start], slots.marked[date.start :]
        return (
            "has a number before its date, which would be taken for the year; put the date alone "
            f"in parentheses, for example {uncaptured(before)}{rest}"
        )
    if _can_be_date(marked, groups, matcher):
        return ""
    return (
        "takes no date: a date is year, month and day in this order, the year in four digits; "
        r"write for example (\d{4})-(\d{2})-(\d{2}) or ([0-9]{8}), or order: number"
    )


def _can_be_date(marked: list[list[Part]], groups: int, matcher: Matcher) -> bool:
    """Say whether so many first groups of a marked pattern, together, can name a day.

    Where the first group is not simple, it is taken to be able to.
    """
    first = captures_of(marked)[0]
    inside = [leaf for branch in first.branches for leaf in branch]
    if len(marked) > 1 or first.varies or any(leaf.opening for leaf in inside):
        return True
    digits = []
    while inside and inside[0].characters <= _DIGITS:
        digits.append(inside.pop(0))
    takes = matcher("".join(leaf.text for leaf in digits))
    if any(map(takes, _COMPACT)) or (inside and inside[0].characters & _DIGITS):
        return True
    return any(map(takes, _YEARS)) and (bool(inside) or groups >= _DAY)


def _groups_of_date(slots: Slots, marked: list[list[Part]], groups: int) -> list[Part]:
    """Return the groups that are the date together; none where some are alternatives of others."""
    if len(set(slots.places)) < len(slots.places):
        return []
    pairs = zip(slots.places, captures_of(marked), strict=True)
    return [group for place, group in pairs if place < groups]


def _later_date(groups: list[Part], matcher: Matcher) -> Part | None:
    """Return the group that a date begins with behind a number of any length; None without one.

    The version of a tag such as v2-20261128 would be taken for the year. What comes after a year,
    a month and a day is their time, and what may be missing leaves a tag that may be a date.
    """
    takes = [matcher(group.text) for group in groups]
    if not takes or groups[0].optional or takes[0]("") or not takes[0]("1"):
        return None
    behind = range(1, _DAY if _is_day(takes) else len(groups))
    found = (at for at in behind if at < len(groups) and not groups[at].optional)
    return next((groups[at] for at in found if _begins_date(takes[at:])), None)


def _begins_date(takes: list[Callable[[str], bool]]) -> bool:
    """Say whether groups begin with what is rather a whole date than a time or a count."""
    is_compact = any(map(takes[0], _LATER)) and not any(map(takes[0], _NO_DATES))
    return is_compact or (_is_day(takes) and not any(map(takes[0], _NO_YEARS)))


def _is_day(takes: list[Callable[[str], bool]]) -> bool:
    """Say whether the first groups may be a year, a month and a day."""
    if len(takes) < _DAY:
        return False
    year, month, day = takes[:_DAY]
    return any(map(year, _YEARS)) and month("11") and day("28")
