# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a regular expression that RE2 accepts, and what of a tag each of them may take.

Not whether a pattern is valid or safe is decided here, but which of its parts can hold a number.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

NUMBER, WORD, MIXED = "number", "word", "mixed"
"""What the variable part of a tag is: digits, letters, or one character may be either."""

# Syntax: https://github.com/google/re2/wiki/Syntax
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_OPENS = re.compile(r"\((?:\?(?:P?<\w+>|[a-zA-Z-]*:))?")
_ATOM = re.compile(
    r"\\Q.*?(?:\\E|\Z)|\\[pPx]\{[^}]*\}|\\x[0-9A-Fa-f]{2}|\\[0-7]{2,3}|\\[pP].|\\."
    r"|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|.",
    re.DOTALL,
)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{(?P<low>\d+)(?P<range>,(?P<high>\d*))?\})\??")
_TAG_CHARACTERS = string.ascii_letters + string.digits + "_.-"


@dataclass(frozen=True)
class Part:
    """An atom or a group, with its quantifier."""

    text: str
    start: int
    end: int
    opening: str
    """How the group opens; empty for an atom."""
    optional: bool
    repeated: bool
    characters: frozenset[str]
    """Those of a tag that an atom takes."""
    branches: tuple[tuple[Part, ...], ...] = ()

    @property
    def captures(self) -> bool:
        """Say whether the user put parentheses around it that RE2 counts."""
        return bool(self.opening) and not self.opening.endswith(":")

    @property
    def varies(self) -> bool:
        """Say whether two tags can differ here, whatever stands inside."""
        return self.optional or self.repeated or len(self.branches) > 1 or len(self.characters) > 1

    @property
    def kind(self) -> str:
        """Return what varies here, empty where nothing does."""
        found = _varying(self, inherited=False)
        if MIXED in found or (self.repeated and found == {NUMBER, WORD}):
            return MIXED
        return NUMBER if NUMBER in found else WORD if found else ""


def _varying(part: Part, *, inherited: bool) -> set[str]:
    varies = inherited or part.varies
    if part.opening:
        inside = [_varying(one, inherited=varies) for branch in part.branches for one in branch]
        found = set().union(*inside)
        return {MIXED} if part.repeated and found == {NUMBER, WORD} else found
    digits, letters = _has(part, string.digits), _has(part, string.ascii_letters)
    if not varies or not (digits or letters):
        return set()
    return {MIXED if digits and letters else NUMBER if digits else WORD}


def _has(part: Part, characters: str) -> bool:
    return not part.characters.isdisjoint(characters)


def is_one_text(parts: list[list[Part]]) -> bool:
    """Say whether the pattern takes one tag only."""
    return len(parts) == 1 and not any(ever_varies(part) for part in parts[0])


def ever_varies(part: Part) -> bool:
    """Say whether two tags can differ in a part, or in anything inside it."""
    return part.varies or any(ever_varies(one) for branch in part.branches for one in branch)


def letters_vary(parts: list[list[Part]]) -> bool:
    """Say whether two tags can differ in a letter, which orders nothing."""
    varies = len(parts) > 1
    found = (_varying(part, inherited=varies) for branch in parts for part in branch)
    return any(kinds - {NUMBER} for kinds in found)


def captures_of(parts: list[list[Part]], *, optional: bool = False) -> list[Part]:
    """Return the outermost groups that capture, from left to right.

    One inside something that may be missing is optional too.
    """
    found = []
    missing = optional or len(parts) > 1
    for part in (part for branch in parts for part in branch):
        may_miss = missing or part.optional
        inside = [list(branch) for branch in part.branches]
        one = [replace(part, optional=may_miss)] if part.captures else []
        found += one or captures_of(inside, optional=may_miss)
    return found


def is_deliberate(group: Part) -> bool:
    """Say whether parentheses stand for nothing but the part that they hold."""
    return not (group.repeated or group.text.endswith("?") or len(group.branches) > 1)


def takes_hashes(part: Part) -> bool:
    """Say whether a part takes hexadecimal digits, and no other letters: a commit's hash."""
    letters = frozenset(string.ascii_letters)
    return any(
        leaf.kind == MIXED and leaf.characters & letters <= set("abcdefABCDEF")
        for leaf in leaves_of([[part]])
    )


def leaves_of(parts: list[list[Part]]) -> Iterator[Part]:
    """Return the atoms from left to right."""
    for part in (part for branch in parts for part in branch):
        if part.opening:
            yield from leaves_of([list(branch) for branch in part.branches])
        else:
            yield part


def parse_parts(pattern: str, matcher: Callable[[str], Callable[[str], bool]]) -> list[list[Part]]:
    """Return the alternatives of a pattern, each a list of its parts.

    `matcher` compiles an atom: which characters it takes, the library says, not we.
    """
    return _Parser(pattern, matcher).alternatives()


class _Parser:
    def __init__(self, pattern: str, matcher: Callable[[str], Callable[[str], bool]]) -> None:
        self._pattern = pattern
        self._matcher = matcher
        self._flags = ""
        self._at = 0

    def alternatives(self) -> list[list[Part]]:
        found: list[list[Part]] = [[]]
        while self._at < len(self._pattern) and self._pattern[self._at] != ")":
            flags = _FLAGS.match(self._pattern, self._at)
            if flags:
                self._flags += flags[0]
                self._at = flags.end()
            elif self._pattern[self._at] == "|":
                self._at += 1
                found.append([])
            else:
                found[-1].append(self._part())
        return found

    def _part(self) -> Part:
        start = self._at
        opens = _OPENS.match(self._pattern, start)
        branches, characters = [], frozenset[str]()
        if opens:
            self._at = opens.end()
            branches = self.alternatives()
            self._at += 1  # its closing parenthesis
        else:
            characters = self._characters()
        low, high = self._quantifier()
        text = self._pattern[start : self._at]
        inside = tuple(tuple(branch) for branch in branches)
        opening = opens[0] if opens else ""
        return Part(text, start, self._at, opening, low == 0, high > low, characters, inside)

    def _characters(self) -> frozenset[str]:
        atom = _ATOM.match(self._pattern, self._at)
        text = atom[0] if atom else self._pattern[self._at]
        self._at += len(text)
        takes = self._matcher(self._flags + text)
        return frozenset(filter(takes, _TAG_CHARACTERS))

    def _quantifier(self) -> tuple[int, float]:
        """Return the least and the greatest count."""
        found = _QUANTIFIER.match(self._pattern, self._at)
        if found is None:
            return 1, 1
        self._at = found.end()
        if found["low"] is None:
            return {"*": (0, float("inf")), "+": (1, float("inf")), "?": (0, 0)}[found[0][0]]
        low = int(found["low"])
        if found["range"] is None:
            return low, low
        return low, int(found["high"]) if found["high"] else float("inf")
