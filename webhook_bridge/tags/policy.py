# SPDX-License-Identifier: GPL-3.0-or-later
"""What `track` says: which tags are taken, and which of two is the newer one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from webhook_bridge.domain.references import is_tag
from webhook_bridge.tags.numbers import date_in, numbers_in
from webhook_bridge.tags.versions import VersionRange, build_rank, parse_version

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
        return None if version is None else (version, build_rank(version))


@dataclass(frozen=True)
class PatternTags:
    """The newest tag that a regular expression matches as a whole.

    The first group of the pattern, if it has one, is the part that orders.
    """

    pattern: re.Pattern[str]
    order: Order

    def __str__(self) -> str:
        return f"pattern {self.pattern.pattern} by {self.order}"

    def why_not(self, tag: str) -> str | None:
        """Return why the tag is not taken, as the rest of a sentence about it."""
        if self.pattern.fullmatch(tag) is None:
            return "does not match"
        if self.order == "pushed" or self.rank(tag) is not None:
            return None
        return f"holds no {_NAMES[self.order]}"

    def rank(self, tag: str) -> Rank | None:
        """Return what orders this tag, None where it has no such thing, or by push only."""
        match = self.pattern.fullmatch(tag)
        if match is None:
            return None
        part = (match[1] or "") if self.pattern.groups else tag
        if self.order == "semver":
            version = parse_version(part, partial=True)
            return None if version is None else (version, build_rank(version))
        if self.order == "number":
            return numbers_in(part) or None
        return date_in(part) if self.order == "date" else None


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
    out there, because nobody knows its place. Equal ones are in the order of their names.
    """
    taken = {tag for tag in tags if is_tag(tag) and track.why_not(tag) is None}
    if is_by_push(track):
        times = seen_at or {}
        known = [tag for tag in taken if tag in times]
        return sorted(known, key=lambda tag: (times[tag], tag), reverse=True)
    return sorted(taken, key=lambda tag: (track.rank(tag) or (), tag), reverse=True)


def is_by_push(track: Track) -> bool:
    """Say whether the time of the push orders, which no tag tells by itself."""
    return isinstance(track, PatternTags) and track.order == "pushed"


def is_older(track: Track, tag: str, than: str | None) -> bool:
    """Say whether a tag comes before another one; never so where they cannot be compared."""
    mine, other = track.rank(tag), None if than is None else track.rank(than)
    return mine is not None and other is not None and mine < other
