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


def date_problem(slots: Slots, matcher: Matcher) -> str:
    """Return why the groups of a marked pattern are no date, with what to write, or empty."""
    marked = parse_parts(slots.marked, matcher)
    groups = slots.first_outside or len(set(slots.places))
    of_date = [
        group
        for place, group in zip(slots.places, captures_of(marked), strict=True)
        if place < groups
    ]
    date = _later_date(of_date, matcher)
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
    return any(map(takes, _YEARS)) and (bool(inside) or groups >= 3)  # noqa: PLR2004 -- year, month, day


def _later_date(groups: list[Part], matcher: Matcher) -> Part | None:
    """Return the group that a date begins with behind a number of any length; None without one.

    The version of a tag such as v2-20261128 would be taken for the year.
    """
    first, *others = groups
    if not matcher(first.text)("1"):
        return None
    return next((one for one in others if _begins_date(matcher(one.text))), None)


def _begins_date(takes: Callable[[str], bool]) -> bool:
    return not takes("1") and any(map(takes, [*_YEARS, *_COMPACT]))
