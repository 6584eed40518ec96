# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an app's `track` may say: one tag, or which tags and what orders them."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._image_name import TAG
from ansible_collections.longshore.containers.plugins.plugin_utils._sentences import (
    Check,
    as_check,
    one_of,
    true_or_false,
    unknown_key,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._tag_patterns import (
    ORDERS,
    pattern_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._version_range import comparators

_WAYS = 'a tag, {semver: ">=1.4 <2"} or {pattern: "release-[0-9]+", order: number}'


def track_problems(track: Any) -> list[tuple[str, str]]:
    """Return (key, sentence) for each mistake; the key is empty where `track` itself is wrong."""
    way = next((way for way in _POLICIES if isinstance(track, dict) and way in track), "")
    if way:
        return _policy_problems(track, _POLICIES[way])
    if isinstance(track, str) and re.fullmatch(TAG, track):
        return []
    return [("", f"must be {_WAYS}; quote a tag that YAML reads as a number")]


def _policy_problems(track: dict[str, Any], checks: dict[str, Check]) -> list[tuple[str, str]]:
    unknown = [(str(key), unknown_key(checks)) for key in track if key not in checks]
    checked = [(key, check(track[key])) for key, check in checks.items() if key in track]
    if "pattern" in checks:
        checked.append(("pattern", pattern_problem(track["pattern"], track.get("order", "number"))))
    return unknown + [(key, said) for key, said in checked if said]


def _range(value: Any) -> str:
    if not isinstance(value, str):
        return 'must be a string in quotes, for example ">=1.4 <2"'
    return as_check(comparators)(value)


def _judged_with_its_order(_value: Any) -> str:
    return ""


_POLICIES: dict[str, dict[str, Check]] = {
    "semver": {"semver": _range, "prereleases": true_or_false},
    "pattern": {"pattern": _judged_with_its_order, "order": one_of(*ORDERS)},
}
