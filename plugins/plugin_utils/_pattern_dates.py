# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the groups of a pattern can be a date: year, month and day."""

from __future__ import annotations

import string
from collections.abc import Callable

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import (
    Part,
    captures_of,
)

_DIGITS = frozenset(string.digits)
_YEARS = [str(year) for year in range(1990, 2100)]
_COMPACT = [f"{year}1128{time}" for year in _YEARS for time in ("", "15", "1530", "153000")]


def can_be_date(
    marked: list[list[Part]], groups: int, matcher: Callable[[str], Callable[[str], bool]]
) -> bool:
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
