# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of releases and runs: plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.store import holds, releases, runs

View = dict[str, Any]
_Found = TypeVar("_Found")


def timestamp(seconds: float | None) -> str | None:
    """Return a time as RFC 3339, UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def release_view(release: Release) -> View:
    """Return a release."""
    return {**vars(release), "created_at": timestamp(release.created_at)}


def releases_view(connection: Connection, name: str, *, limit: int) -> list[View]:
    """Return an app's releases, newest first: the desired one, and why a digest is held."""
    desired = releases.app_row(connection, name).release_id
    held = holds.held_digests(connection, name)
    return [
        {
            **release_view(one),
            "is_desired": one.id == desired,
            "held": held.get(one.digest),
        }
        for one in releases.latest(connection, name, limit=limit)
    ]


def run_view(run: Run) -> View:
    """Return a run without its outcomes."""
    return {
        **asdict(run),
        "hosts": list(run.hosts),
        "started_at": timestamp(run.started_at),
        "ended_at": timestamp(run.ended_at),
    }


def run_details(connection: Connection, run: Run) -> View:
    """Return a run with its release and what it did on each host."""
    outcomes = runs.outcomes(connection, run.id)
    release = releases.find(connection, run.release_id)
    return {
        **run_view(run),
        "release": release_view(release),
        "outcomes": [asdict(one) for one in outcomes],
    }


def one_run(connection: Connection, start_of_id: str) -> Run:
    """Return the run whose id starts so; raise NotFound or Refused when it is not one."""
    return one_of(runs.find, connection, start_of_id, what="run")


def one_of(
    find: Callable[[Connection, str], list[_Found]],
    connection: Connection,
    start_of_id: str,
    *,
    what: str,
) -> _Found:
    """Return the one whose id starts so; raise NotFound or Refused when it is not one."""
    found = find(connection, start_of_id)
    if not found:
        listing = {"delivery": "deliveries", "run": "runs"}[what]
        raise NotFound(f"no {what} has an id that starts with {start_of_id!r}; see: {listing}")
    if len(found) > 1:
        raise Refused("ambiguous", f"several ids start with {start_of_id!r}; write more of it")
    return found[0]
