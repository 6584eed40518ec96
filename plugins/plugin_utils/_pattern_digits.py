# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits of a pattern that stand side by side are one number, as `[1-9][0-9]*` and `1[0-9]+`.

Each of them alone would order a tag by its first digit: 9 would come after 10.
"""

from __future__ import annotations

import string
from dataclasses import replace

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import (
    Part,
    captures_of,
    ever_varies,
    is_deliberate,
)

_DIGITS = frozenset(string.digits)


def join_digits(written: str, parts: list[list[Part]]) -> list[list[Part]]:
    """Return the parts with such digits as one part; what the user put into groups stays apart."""
    return _Joiner(written, enters_captures=not any(map(is_deliberate, captures_of(parts)))).all(
        parts
    )


class _Joiner:
    def __init__(self, written: str, *, enters_captures: bool) -> None:
        self._written = written
        self._enters_captures = enters_captures

    def all(self, branches: list[list[Part]]) -> list[list[Part]]:
        return [self._branch(branch) for branch in branches]

    def _branch(self, branch: list[Part]) -> list[Part]:
        found: list[Part] = []
        run: list[Part] = []
        for part in branch:
            if run and not (self._is_digits(part) and run[-1].end == part.start):
                found, run = [*found, *self._joined(run)], []
            if self._is_digits(part):
                run.append(part)
            else:
                found.append(self._inside(part))
        return [*found, *self._joined(run)]

    def _is_digits(self, part: Part) -> bool:
        if not part.opening:
            return bool(part.characters) and part.characters <= _DIGITS
        inside = [one for branch in part.branches for one in branch]
        enters = self._enters_captures or not part.captures
        return enters and bool(inside) and all(map(self._is_digits, inside))

    def _inside(self, part: Part) -> Part:
        branches = self.all([list(branch) for branch in part.branches])
        return replace(part, branches=tuple(map(tuple, branches)))

    def _joined(self, run: list[Part]) -> list[Part]:
        if not any(map(ever_varies, run)) or (len(run) == 1 and not run[0].opening):
            return run
        start, end = run[0].start, run[-1].end
        return [
            Part(
                self._written[start:end],
                start,
                end,
                opening="",
                optional=all(map(_may_lack, run)),
                repeated=True,
                characters=_DIGITS,
            )
        ]


def _may_lack(part: Part) -> bool:
    return part.optional or any(all(map(_may_lack, branch)) for branch in part.branches)
