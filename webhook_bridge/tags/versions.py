# SPDX-License-Identifier: GPL-3.0-or-later
"""Semantic versions as tags spell them, and ranges of them.

Facts: semver.org 2.0.0. A tag cannot hold a plus sign, so build metadata follows an underscore,
as Helm writes it (helm.sh/docs/topics/registries). Ranges read as node-semver reads them, without
its special case for pre-releases: those are taken or not as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.longshore.containers.plugins.plugin_utils._version_range import comparators
from semver import Version

_RUN = re.compile(r"[0-9]+|[^0-9]+")
Comparison = Literal[">=", ">", "<", "<="]


def parse_version(text: str, *, partial: bool = False) -> Version | None:
    """Return the version that a tag names, None where it names none.

    A leading ``v`` is left out. With `partial`, ``1.4`` is read as 1.4.0.
    """
    plain = text.removeprefix("v").replace("_", "+", 1)
    try:
        return Version.parse(plain, optional_minor_and_patch=partial)
    except ValueError:
        return None


def build_rank(version: Version) -> tuple[Any, ...]:
    """Return what orders versions of equal precedence: their build metadata, numbers as numbers.

    semver.org leaves these unordered; without an order, which one runs would depend on luck.
    """
    parts = version.build.split(".") if version.build else []
    return tuple(_identifier_rank(part) for part in parts)


def version_rank(version: Version) -> tuple[Any, ...]:
    """Return what orders versions: semver.org's precedence, then the build metadata.

    Of identifiers with letters the numbers count as numbers too: semver.org would put rc10 before
    rc9, and the first release candidate that is never deployed would be the tenth.
    """
    return (*precedence(version), build_rank(version))


def precedence(version: Version) -> tuple[Any, ...]:
    """Return a version's rank without its build metadata; a release comes after its candidates."""
    identifiers = version.prerelease.split(".") if version.prerelease else []
    parts = tuple(_identifier_rank(identifier) for identifier in identifiers)
    return version.major, version.minor, version.patch, not parts, parts


def _identifier_rank(identifier: str) -> tuple[Any, ...]:
    if identifier.isdecimal():
        return (0, int(identifier))
    runs = _RUN.findall(identifier)
    return (1, *((0, int(run), "") if run.isdecimal() else (1, 0, run) for run in runs))


@dataclass(frozen=True)
class Bound:
    """One side of a range."""

    comparison: Comparison
    version: Version

    def holds(self, found: Version) -> bool:
        """Say whether a version is on the right side.

        2.0.0-rc1 is below 2.0.0, but who writes ``<2`` does not want the next major's candidates.
        """
        its, ours = precedence(found), precedence(self.version)
        if self.comparison == ">=":
            return its >= ours
        if self.comparison == ">":
            return its > ours
        if self.comparison == "<=":
            return its <= ours
        is_candidate = found.prerelease and not self.version.prerelease
        if is_candidate and found.finalize_version() == self.version:
            return False
        return its < ours


@dataclass(frozen=True)
class VersionRange:
    """Alternatives, each of bounds that must all hold."""

    text: str
    alternatives: tuple[tuple[Bound, ...], ...]

    def holds(self, found: Version) -> bool:
        """Say whether the version is in the range."""
        return any(all(bound.holds(found) for bound in bounds) for bounds in self.alternatives)

    def starts_in(self, majors: range) -> bool:
        """Say whether a bound names one of these major versions: years, where dates are meant."""
        return any(
            bound.version.major in majors for bounds in self.alternatives for bound in bounds
        )


def parse_range(text: str) -> VersionRange:
    """Read a range such as ``>=1.4 <2``, ``^1.4``, ``~1.4.2``, ``1.x || 3``.

    :raises ValueError: with what may be written instead.
    """
    alternatives = [
        tuple(bound for comparator in alternative for bound in _bounds(comparator))
        for alternative in comparators(text)
    ]
    if any(_is_empty(bounds) for bounds in alternatives):
        raise ValueError(
            "takes no version: no version is within all of its bounds; write for example "
            '">=1.4 <2", or "1.4 || 2.0" for either of two'
        )
    return VersionRange(" ".join(text.split()), tuple(alternatives))


def _is_empty(bounds: Sequence[Bound]) -> bool:
    lows = [bound for bound in bounds if bound.comparison in (">=", ">")]
    highs = [bound for bound in bounds if bound.comparison in ("<", "<=")]
    return any(_excludes(low, high) for low in lows for high in highs)


def _excludes(low: Bound, high: Bound) -> bool:
    first, last = precedence(low.version), precedence(high.version)
    is_open = (low.comparison, high.comparison) != (">=", "<=")
    return first > last or (first == last and is_open)


def _bounds(match: re.Match[str]) -> tuple[Bound, ...]:
    """Return the bounds of one comparator; a part that is left out stands for all of its values."""
    given = [int(match[name]) for name in ("major", "minor", "patch") if match[name] is not None]
    if not given:
        return (Bound(">=", Version(0, 0, 0)),)
    major, minor, patch = (*given, 0, 0)[:3]
    low = Version(major, minor, patch, match["prerelease"])
    after = _raise(given, position=len(given) - 1)
    operator = match["operator"]
    if operator == "^":
        return Bound(">=", low), Bound("<", _after_compatible(given))
    if operator == "~":
        return Bound(">=", low), Bound("<", _raise(given, position=min(1, len(given) - 1)))
    if len(given) == 3:  # noqa: PLR2004 - major, minor and patch
        return _full(operator, low)
    return _partial(operator, low, after)


def _full(operator: str | None, low: Version) -> tuple[Bound, ...]:
    if operator in (None, "="):
        return Bound(">=", low), Bound("<=", low)
    return (Bound(_COMPARISONS[operator], low),)


def _partial(operator: str | None, low: Version, after: Version) -> tuple[Bound, ...]:
    if operator in (None, "="):
        return Bound(">=", low), Bound("<", after)
    whole: dict[str, Bound] = {
        ">=": Bound(">=", low),
        ">": Bound(">=", after),
        "<": Bound("<", low),
        "<=": Bound("<", after),
    }
    return (whole[str(operator)],)


_COMPARISONS: dict[str | None, Comparison] = {">=": ">=", ">": ">", "<": "<", "<=": "<="}


def _raise(given: list[int], *, position: int) -> Version:
    parts = [*given[:position], given[position] + 1, 0, 0]
    return Version(*parts[:3])


def _after_compatible(given: list[int]) -> Version:
    """Return the first version that is not compatible: the leftmost part above 0 is raised."""
    above_zero = [position for position, part in enumerate(given) if part > 0]
    return _raise(given, position=above_zero[0] if above_zero else len(given) - 1)
