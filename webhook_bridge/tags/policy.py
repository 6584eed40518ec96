# SPDX-License-Identifier: GPL-3.0-or-later
"""What `track` says: which tags are taken, and which of two is the newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ansible_collections.longshore.containers.plugins.plugin_utils._tag_patterns import (
    TagPattern,
    compile_marked,
)

from webhook_bridge.domain.references import is_tag
from webhook_bridge.tags.numbers import date_in, numbers_in
from webhook_bridge.tags.versions import VersionRange, parse_version, version_rank

Order = Literal["semver", "number", "date", "pushed"]
Rank = tuple[Any, ...]
"""What orders the tags of one policy; ranks of different policies are never compared."""


@dataclass(frozen=True)
class ExactTag:
    """One tag, whatever it means at the moment."""

    tag: str

    def __str__(self) -> str:
        return self.tag

    def why_not(self, tag: str) -> str | None:
        """Return why the tag is not taken, as the rest of a sentence about it."""
        return None if tag == self.tag else "is another one"

    def rank(self, tag: str) -> Rank | None:
        """Return None: where a tag moves to is never backwards."""
        del tag
        return None


@dataclass(frozen=True)
class SemverTags:
    """The newest version in a range."""

    versions: VersionRange
    prereleases: bool = False

    def __str__(self) -> str:
        extent = " with pre-releases" if self.prereleases else ""
        return f"semver {self.versions.text}{extent}"

    def why_not(self, tag: str) -> str | None:
        """Return why the tag is not taken, as the rest of a sentence about it."""
        version = parse_version(tag)
        if version is None:
            return "is not a full version such as 1.4.2"
        if version.prerelease and not self.prereleases:
            return "is a pre-release"
        return None if self.versions.holds(version) else "is outside the range"

    def rank(self, tag: str) -> Rank | None:
        """Return what orders this tag among versions, None where it is none.

        The range does not count: a version that was deployed by hand is compared as well.
        """
        version = parse_version(tag)
        return None if version is None else version_rank(version)

    def shown_order(self, tag: str) -> str:
        """Return what orders a tag."""
        return str(parse_version(tag) or "")


@dataclass(frozen=True)
class PatternTags:
    """The newest tag that a regular expression matches as a whole.

    Its groups order, from left to right, and then the other parts that are numbers.
    """

    pattern: TagPattern
    order: Order

    def __str__(self) -> str:
        return f"pattern {self.pattern.written} by {self.order}"

    def why_not(self, tag: str) -> str | None:
        """Return why the tag is not taken, as the rest of a sentence about it."""
        if not is_tag(tag) or _compiled(self.pattern).fullmatch(tag) is None:
            return "does not match"
        if self.order == "pushed" or self.rank(tag) is not None:
            return None
        return f"holds no {_NAMES[self.order]}"

    def rank(self, tag: str) -> Rank | None:
        """Return what orders this tag, None where it has no such thing, or by push only."""
        texts = self._texts(tag)
        if texts is None or self.order == "pushed":
            return None
        if not self.pattern.slots:
            return ()  # it is one tag
        return _RANKS[self.order](texts, self.pattern.first_outside)

    def shown_order(self, tag: str) -> str:
        """Return what orders a tag, the most important part first."""
        if self.order == "pushed":
            return "time of the push"
        return ", ".join(filter(None, self._texts(tag) or []))

    def _texts(self, tag: str) -> list[str] | None:
        """Return what stands at each place that orders; empty where the tag has nothing there."""
        match = _compiled(self.pattern).fullmatch(tag) if is_tag(tag) else None
        if match is None:
            return None
        texts = [""] * (max(self.pattern.slots, default=-1) + 1)
        for place, text in zip(self.pattern.slots, match.groups(), strict=False):
            texts[place] = text or texts[place]
        return texts


@lru_cache(maxsize=1024)
def _compiled(pattern: TagPattern) -> Any:
    return compile_marked(pattern)


def _by_number(texts: list[str], _outside: int) -> Rank | None:
    found = tuple(numbers_in(text) for text in texts)
    return found if any(found) else None


def _by_date(texts: list[str], outside: int) -> Rank | None:
    """Return the day that the groups are together, as (2026)-(11)-(28), then other numbers."""
    explicit = outside or len(texts)
    day = date_in("-".join(texts[:explicit]))
    return None if day is None else (day, *(numbers_in(text) for text in texts[explicit:]))


def _by_version(texts: list[str], _outside: int) -> Rank | None:
    version = parse_version(texts[0], partial=True)
    if version is None:
        return None
    return (*version_rank(version), *(numbers_in(text) for text in texts[1:]))


_RANKS: Mapping[Order, Callable[[list[str], int], Rank | None]] = {
    "semver": _by_version,
    "number": _by_number,
    "date": _by_date,
}
_NAMES: Mapping[Order, str] = {
    "semver": "version, as 1.4.2",
    "number": "number",
    "date": "date, as 2026-11-28 or 20261128",
}

Track = ExactTag | SemverTags | PatternTags


def newest_first(
    track: Track, tags: Iterable[str], *, seen_at: Mapping[str, float] | None = None
) -> list[str]:
    """Return the tags that the policy takes, the newest one first, each once.

    `seen_at` is when each tag was first seen, for the order `pushed`: what was never seen is left
    out there, because nobody knows its place. Elsewhere it orders those of equal rank, as two
    builds of one day are; equal ones that were never seen are in the order of their names.
    """
    times = seen_at or {}
    taken = {tag for tag in tags if is_tag(tag) and track.why_not(tag) is None}
    if is_by_push(track):
        known = [tag for tag in taken if tag in times]
        return sorted(known, key=lambda tag: (times[tag], tag), reverse=True)
    places = {tag: (track.rank(tag) or (), times.get(tag, 0.0), tag) for tag in taken}
    return sorted(taken, key=lambda tag: places[tag], reverse=True)


def is_by_push(track: Track) -> bool:
    """Say whether the time of the push orders, which no tag tells by itself."""
    return isinstance(track, PatternTags) and track.order == "pushed"


def needs_times(track: Track) -> bool:
    """Say whether the time of the push decides between some tags: of all, or of equal rank."""
    return is_by_push(track) or (isinstance(track, PatternTags) and track.pattern.has_ties)


def is_older(track: Track, tag: str, than: str | None) -> bool:
    """Say whether a tag comes before another one; never so where they cannot be compared."""
    mine, other = track.rank(tag), None if than is None else track.rank(than)
    return mine is not None and other is not None and mine < other


def is_equal(track: Track, tag: str, other: str | None) -> bool:
    """Say whether neither of two tags comes before the other by what the policy orders by."""
    mine = track.rank(tag)
    return mine is not None and other is not None and mine == track.rank(other)


def order_shown(track: Track, tag: str) -> str:
    """Return what orders a tag, for people: its parts, the most important one first."""
    return "" if isinstance(track, ExactTag) else track.shown_order(tag)
