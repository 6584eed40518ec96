# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a pattern anew so that its groups are the parts that order tags, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import (
    NUMBER,
    Part,
    captures_of,
    is_deliberate,
)

_CAPTURE = re.compile(
    r"\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\((?:\?P?<\w+>|(?!\?))", re.DOTALL
)


@dataclass(frozen=True)
class Slots:
    """A pattern whose groups order: the place of each group, in the order of the groups.

    Places count from 0; those of groups that the user wrote come before those of other parts.
    """

    marked: str
    places: tuple[int, ...]
    first_outside: int


def mark_slots(
    written: str,
    parts: list[list[Part]],
    *,
    groups: tuple[str, ...] = (NUMBER,),
    others: tuple[str, ...] = (NUMBER,),
) -> Slots:
    """Return the pattern with a group around each group, and each other part, of these kinds.

    Parentheses that only repeat or choose something, as `(-r[0-9]+)?`, mark nothing where the
    pattern has no others: then all parts order from left to right.
    """
    marker = _Marker(groups, others, counts_groups=any(map(is_deliberate, captures_of(parts))))
    marker.walk(parts, (0, 0))
    explicit = max((place + 1 for place, outside in marker.found if not outside), default=0)
    places = tuple(place + (explicit if outside else 0) for place, outside in marker.found)
    return Slots(_rewritten(written, marker.marks), places, explicit)


def mark_span(written: str, parts: list[list[Part]], chosen: list[Part]) -> Slots | None:
    """Return the pattern with one group from what holds the first of these parts to the last.

    None where there is none, or alternatives stand outside of any group.
    """
    if len(parts) != 1 or not chosen:
        return None
    tops = [top for top in parts[0] if any(top.start <= one.start < top.end for one in chosen)]
    return Slots(_rewritten(written, [(tops[0].start, tops[-1].end)]), (0,), 1)


@dataclass
class _Marker:
    groups: tuple[str, ...]
    others: tuple[str, ...]
    counts_groups: bool
    found: list[tuple[int, bool]] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)

    def walk(self, branches: list[list[Part]], place: tuple[int, int]) -> tuple[int, int]:
        """Mark what orders; return the next free places: of groups, and of what is outside them.

        Alternatives begin at the same place: only one of them takes part in a tag.
        """
        after = [place]
        for branch in branches:
            here = place
            for part in branch:
                here = self._mark(part, here)
            after.append(here)
        return max(one for one, _other in after), max(other for _one, other in after)

    def _mark(self, part: Part, place: tuple[int, int]) -> tuple[int, int]:
        is_group = self.counts_groups and _has_captures(part)
        enters = bool(part.branches) and not part.repeated
        orders = part.kind in (self.groups if is_group else self.others)
        if not orders or (enters and not (is_group and part.captures)):
            return self.walk([list(one) for one in part.branches], place) if enters else place
        groups, others = place
        self.found.append((groups if is_group else others, not is_group))
        self.marks.append((part.start, part.end))
        return (groups + 1, others) if is_group else (groups, others + 1)


def _has_captures(part: Part) -> bool:
    inside = (one for branch in part.branches for one in branch)
    return part.captures or any(_has_captures(one) for one in inside)


def _rewritten(written: str, marks: list[tuple[int, int]]) -> str:
    """Return the pattern with groups around these places; those that were there no longer count."""
    pieces, at = [], 0
    for start, end in marks:
        pieces += [uncaptured(written[at:start]), "(", _bare(written[start:end]), ")"]
        at = end
    return "".join([*pieces, uncaptured(written[at:])])


def _bare(text: str) -> str:
    """Return a marked part without a group of its own around it: `([0-9]+)` as `[0-9]+`."""
    inner = re.fullmatch(r"\((?:\?P?<\w+>|(?!\?))([^()|]*)\)", text, re.DOTALL)
    return inner[1] if inner else uncaptured(text)


def uncaptured(text: str) -> str:
    """Return a text of a pattern whose groups do not capture."""
    return _CAPTURE.sub(lambda found: "(?:" if found[0][0] == "(" else found[0], text)
