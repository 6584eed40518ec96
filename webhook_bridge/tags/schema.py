# SPDX-License-Identifier: GPL-3.0-or-later
"""How `track` is written in the apps file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from webhook_bridge.domain.references import is_tag
from webhook_bridge.tags.patterns import compile_pattern
from webhook_bridge.tags.policy import ExactTag, Order, PatternTags, SemverTags, Track
from webhook_bridge.tags.versions import parse_range

_ORDERS: tuple[Order, ...] = ("semver", "number", "date", "pushed")
_WAYS = 'a tag, {semver: ">=1.4 <2"} or {pattern: "release-[0-9]+", order: number}'


def parse_track(value: object) -> Track:
    """Return what `track` says.

    :raises ValueError: with the key inside `track` and what may be written.
    """
    if isinstance(value, ExactTag | SemverTags | PatternTags):
        return value
    if isinstance(value, dict) and "semver" in value:
        return _semver(value)
    if isinstance(value, dict) and "pattern" in value:
        return _pattern(value)
    if isinstance(value, dict):
        raise ValueError(f"must be {_WAYS}")
    if not isinstance(value, str) or not is_tag(value):
        raise ValueError(
            f"{str(value)[:60]!r} is no tag; quote it where YAML reads a number, or write {_WAYS}"
        )
    return ExactTag(value)


def _semver(value: dict[Any, Any]) -> SemverTags:
    _refuse_others(value, "semver", "prereleases")
    written, prereleases = value["semver"], value.get("prereleases", False)
    if not isinstance(written, str):
        raise ValueError('semver: must be a string in quotes, as ">=1.4 <2"')
    if not isinstance(prereleases, bool):
        raise ValueError("prereleases: must be true or false")
    try:
        return SemverTags(parse_range(written), prereleases=prereleases)
    except ValueError as error:
        raise ValueError(f"semver: {error}") from None


def _pattern(value: dict[Any, Any]) -> PatternTags:
    _refuse_others(value, "pattern", "order")
    order = value.get("order", "number")
    if order not in _ORDERS:
        raise ValueError(f"order: must be one of {', '.join(_ORDERS)}")
    try:
        return PatternTags(compile_pattern(value["pattern"]), order)
    except ValueError as error:
        raise ValueError(f"pattern: {error}") from None


def _refuse_others(value: dict[Any, Any], *known: str) -> None:
    unknown = [str(key) for key in value if key not in known]
    if unknown:
        raise ValueError(f"{unknown[0]}: is not known here; allowed: {', '.join(known)}")


TrackField = Annotated[Track, BeforeValidator(parse_track)]
