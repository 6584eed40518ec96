# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters that a tag may have after its number or not, such as the `-rc1` of a pre-release.

No number says whether 1.2.3 or 1.2.3-rc1 is the newer one. Revisions of a package come after the
bare version everywhere (Debian policy 5.6.12, Alpine's -r, linuxserver.io's -ls).
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import Part

REVISIONS = frozenset(("r", "rev", "p", "pl", "patch", "post", "sp", "ls", "build"))
_PRERELEASES = frozenset(
    ("alpha", "beta", "cr", "dev", "ea", "milestone", "pre", "preview", "rc", "snapshot")
)
_LETTERS, _DIGITS = frozenset(string.ascii_letters), frozenset(string.digits)
_HEXADECIMAL = frozenset("abcdefABCDEF")
_MOST = 64

_Words = tuple[str, ...]
_State = tuple[bool, _Words, str]
"""Whether the number began, the words after it, and the word that is being read."""


def may_have_suffix(parts: Sequence[Sequence[Part]]) -> bool:
    """Say whether some tags have a word after their number that others do without."""
    found = _words(parts, any_digit=False) or _words(parts, any_digit=True)
    return any(_lacks(one, other) for one in found for other in found)


def mixes_prereleases(parts: Sequence[Sequence[Part]]) -> bool:
    """Say whether tags have different words for pre-releases after their number: alpha and beta.

    One such word beside any other is a name, as in `(dev|prod)`, and says nothing of an order.
    """
    found = _words(parts, any_digit=False) or _words(parts, any_digit=True)
    kinds = {_PRERELEASES.intersection(words) for words in found}
    return len(kinds - {frozenset()}) > 1


def optional_suffix(parts: Sequence[Sequence[Part]]) -> Part | None:
    """Return the outermost part that makes the difference, None where no single one does."""
    for at, part in enumerate(parts[0]):
        without = [*parts[0][:at], *parts[0][at + 1 :]]
        if part.varies and _has_letters(part) and not may_have_suffix([without, *parts[1:]]):
            return part
    return None


def begins_prerelease(part: Part) -> bool:
    """Say whether what a part takes, where it takes something, may begin with a hyphen."""
    if not part.opening:
        return "-" in part.characters
    return all(begins_prerelease(branch[0]) for branch in part.branches if branch)


def has_fixed_letters(part: Part) -> bool:
    """Say whether a part is one letter."""
    return len(part.characters) == 1 and part.characters <= _LETTERS


def _has_letters(part: Part) -> bool:
    inside = (one for branch in part.branches for one in branch)
    return bool(part.characters & _LETTERS) or any(map(_has_letters, inside))


def _lacks(one: _Words, other: _Words) -> bool:
    """Say whether a list is another one without some of its words."""
    rest = iter(other)
    return len(one) < len(other) and all(word in rest for word in one)


def _words(parts: Sequence[Sequence[Part]], *, any_digit: bool) -> set[_Words]:
    """Return which words may follow the number; empty where a tag may have no such number."""
    ends = _Reader(any_digit=any_digit).branches(parts, {(False, (), "")})
    if not all(began for began, _words, _word in ends):
        return set()
    return {_closed(words, word) for _began, words, word in ends}


def _closed(words: _Words, word: str) -> _Words:
    return words if not word or word in REVISIONS else (*words, word)


class _Reader:
    """Follows all ways through a pattern at once."""

    def __init__(self, *, any_digit: bool) -> None:
        self._fewest_digits = 1 if any_digit else 2

    def branches(self, branches: Sequence[Sequence[Part]], states: set[_State]) -> set[_State]:
        return _fewest(state for branch in branches for state in self._branch(branch, states))

    def _branch(self, branch: Sequence[Part], states: set[_State]) -> set[_State]:
        for part in branch:
            after = self._after(part, states)
            states = _fewest(after | states) if part.optional else after
        return states

    def _after(self, part: Part, states: set[_State]) -> set[_State]:
        if part.opening:
            return self.branches(part.branches, states)
        return {self._read(part, state) for state in states}

    def _read(self, atom: Part, state: _State) -> _State:
        began, words, word = state
        letters, digits = atom.characters & _LETTERS, atom.characters & _DIGITS
        if not began:
            return not letters and len(digits) >= self._fewest_digits, (), ""
        if letters and not (digits and letters <= _HEXADECIMAL):
            return True, words, word + atom.text.lower().rstrip("?*+")
        return True, _closed(words, word), ""


def _fewest(states: Iterable[_State]) -> set[_State]:
    """Return so few that the time to judge a pattern stays small, those with fewest words first."""
    return set(sorted(states, key=lambda one: (len(one[1]), one))[:_MOST])
