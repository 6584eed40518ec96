# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a range of versions is written: `>=1.4 <2`, `^1.4`, `~1.4.2`, `1.x || 3`.

Ranges read as node-semver reads them. What they hold, the bridge decides: it knows the tags.
"""

from __future__ import annotations

import re

_COMPARATOR = re.compile(
    r"(?P<operator>>=|<=|>|<|=|\^|~)?\s*v?"
    r"(?:[xX*]|(?P<major>0|[1-9]\d{0,8})(?:\.(?:[xX*]|(?P<minor>0|[1-9]\d{0,8})"
    r"(?:\.(?:[xX*]|(?P<patch>0|[1-9]\d{0,8})(?:-(?P<prerelease>[0-9A-Za-z.-]+))?))?))?)"
    r"(?=$|[\s,|])",
    re.ASCII,
)
_SEPARATOR = re.compile(r"[\s,]*")
_LONGEST = 200
_EXAMPLES = "for example >=1.4 <2, ^1.4, 1.x, or * for every version"


def comparators(text: str) -> list[list[re.Match[str]]]:
    """Return the comparators of each alternative; raise ValueError with what may be written."""
    if len(text) > _LONGEST:
        raise ValueError(f"must have at most {_LONGEST} characters")
    return [_alternative(part) for part in text.split("||")]


def _alternative(text: str) -> list[re.Match[str]]:
    found = []
    rest = text.strip(" \t,")
    while rest or not found:
        match = _COMPARATOR.match(rest)
        if match is None:
            raise ValueError(f"must be a range of versions, {_EXAMPLES}")
        found.append(match)
        rest = _SEPARATOR.sub("", rest[match.end() :], count=1)
    return found
