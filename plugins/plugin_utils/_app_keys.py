# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of an app's entry in the variable `apps`, which are those that the bridge knows."""

from __future__ import annotations

# By the table that holds them; the entry itself has no name.
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
    "health": ("timeout", "stable_for", "start_period", "interval", "successes", "http", "tcp"),
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


def unknown_keys(entry):
    """Return a sentence for each key of the entry that nobody reads; it begins with the key.

    A table that is no mapping has no keys: what it should be is not decided here.
    """
    return [
        f"{_path(table, key)}: is no key here; known are {', '.join(known)}"
        for table, known in KNOWN.items()
        for key in _keys(entry.get(table) if table else entry)
        if key not in known
    ]


def _keys(table):
    # Only keys: the values may be templates that can be rendered on the app's hosts alone.
    return list(table) if isinstance(table, dict) else []


def _path(table, key):
    return f"{table}.{key}" if table else str(key)
