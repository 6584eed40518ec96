# SPDX-License-Identifier: GPL-3.0-or-later
"""How `track` is written in the apps file."""

from __future__ import annotations

from typing import Annotated, Any

from ansible_collections.longshore.containers.plugins.plugin_utils._app_track import track_problems
from ansible_collections.longshore.containers.plugins.plugin_utils._tag_patterns import (
    read_pattern,
)
from pydantic import BeforeValidator

from webhook_bridge.tags.policy import ExactTag, PatternTags, SemverTags, Track
from webhook_bridge.tags.versions import parse_range


def parse_track(value: Any) -> Track:
    """Return what `track` says.

    :raises ValueError: with the key inside `track` and what may be written.
    """
    if isinstance(value, ExactTag | SemverTags | PatternTags):
        return value
    problems = [": ".join(filter(None, problem)) for problem in track_problems(value)]
    if problems:
        raise ValueError("; ".join(problems))
    if isinstance(value, str):
        return ExactTag(value)
    if "semver" in value:
        try:
            versions = parse_range(value["semver"])
        except ValueError as error:
            raise ValueError(f"semver: {error}") from None
        return SemverTags(versions, prereleases=value.get("prereleases", False))
    order = value.get("order", "number")
    return PatternTags(read_pattern(value["pattern"], order), order)


TrackField = Annotated[Track, BeforeValidator(parse_track)]
