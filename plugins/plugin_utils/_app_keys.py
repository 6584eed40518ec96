# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of an app's entry in the variable `apps`."""

from __future__ import annotations

from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._sentences import unknown_key

REQUIRED = ("image", "hosts")
# By the path of the table that holds them; that of the entry itself is empty. `container` has the
# options of community.docker, `track` keys that depend on one another.
KNOWN = {
    "": (
        "image",
        "track",
        "min_age",
        "signature",
        "hosts",
        "container",
        "health",
        "switch",
        "rollout",
        "drift",
        "keep",
    ),
    "signature": ("cosign_key", "wait"),
    "health": ("timeout", "stable_for", "start_period", "interval", "successes", "http", "tcp"),
    "health.http": ("url", "status", "headers"),
    "rollout": (
        "serial",
        "max_fail_percentage",
        "failure_budget",
        "pause",
        "on_failure",
        "unreachable",
        "supersede",
        "share_hosts",
    ),
}


def unknown_keys(entry: dict[Any, Any]) -> list[tuple[str, str]]:
    """Return (path, sentence) for each key of the entry that nobody reads.

    What is no table has no keys: what it should be is not decided here.
    """
    return [
        (f"{path}.{key}" if path else str(key), unknown_key(known))
        for path, known in KNOWN.items()
        for key in _table(entry, path)
        if key not in known
    ]


def _table(entry: Any, path: str) -> dict[Any, Any]:
    table = entry
    for key in filter(None, path.split(".")):
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}
