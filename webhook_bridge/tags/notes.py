# SPDX-License-Identifier: GPL-3.0-or-later
"""What to tell people of a range of versions that also takes dates, as 2021.12.16."""

from __future__ import annotations

from collections.abc import Sequence

from semver import Version

from webhook_bridge.tags.policy import SemverTags, Track
from webhook_bridge.tags.versions import parse_version

_YEARS = range(1990, 2100)
_A_DATE = Version(2021, 12, 16)


def range_note(track: Track) -> str | None:
    """Return a warning where a range takes a date for its greatest version, None where it is not.

    Many repositories have tags such as 2021.12.16 from before, or beside, their versions.
    """
    if not isinstance(track, SemverTags) or not track.versions.holds(_A_DATE):
        return None
    if track.versions.starts_in(_YEARS):
        return None
    better = f"{track.versions.text} <1000".removeprefix("* ")
    return (
        f"track {track} takes a tag such as 2021.12.16 too, a date that counts as a version "
        f'greater than all others; if that is not meant, bound it: "{better}"'
    )


def date_notes(track: Track, taken: Sequence[str]) -> list[str]:
    """Return a warning where a date is taken as a version, beside ordinary versions."""
    if not isinstance(track, SemverTags):
        return []
    dates = [tag for tag in taken if _is_date(tag)]
    if not dates or len(dates) == len(taken):
        return []
    note = (
        f"{dates[0]} reads as a date and counts as a version greater than {_greatest(taken)}; if "
        'that is not meant, bound the range, for example "<1000"'
    )
    return [note]


def _greatest(taken: Sequence[str]) -> str:
    return next(tag for tag in taken if not _is_date(tag))


def _is_date(tag: str) -> bool:
    version = parse_version(tag)
    return version is not None and version.major in _YEARS
