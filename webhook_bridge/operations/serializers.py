# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of releases and runs: plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import Connection

from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.operations.timeline import steps_view, timeline_view
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import holds, release_rows, releases, run_steps, runs

View = dict[str, Any]
_Found = TypeVar("_Found")


def labels_view(labels: ImageLabels | None) -> View | None:
    """Return what an image's labels say, None for what they do not; None before they are known."""
    return None if labels is None else {key: said or None for key, said in asdict(labels).items()}


def release_view(release: Release) -> View:
    """Return a release."""
    return {
        **vars(release),
        "created_at": timestamp(release.created_at),
        "labels": labels_view(release.labels),
        "version": release.version,
    }


def releases_view(
    connection: Connection, name: str, *, before: int | None = None, limit: int
) -> list[View]:
    """Return an app's releases, newest first: the desired one, and why a digest is held."""
    desired = releases.app_row(connection, name).release_id
    held = holds.held_digests(connection, name)
    return [
        {
            **release_view(one),
            "is_desired": one.id == desired,
            "held": held.get(one.digest),
        }
        for one in releases.latest(connection, name, before=before, limit=limit)
    ]


def run_view(run: Run) -> View:
    """Return a run without its outcomes."""
    return {
        **asdict(run),
        "hosts": list(run.hosts),
        "started_at": timestamp(run.started_at),
        "ended_at": timestamp(run.ended_at),
    }


def runs_view(connection: Connection, found: Sequence[Run]) -> list[View]:
    """Return these runs without their outcomes, each with the digest that it was to bring."""
    known = releases.many(connection, {run.release_id for run in found})
    return [{**run_view(run), **_brought(known[run.release_id])} for run in found]


def _brought(release: Release) -> View:
    return {"tag": release.tag, "digest": release.digest, "version": release.version}


def outcome_view(outcome: Outcome, app: str, versions: Mapping[tuple[str, str], str]) -> View:
    """Return an outcome; `versions` is what people call digests, by app and digest."""
    version = versions.get((app, outcome.running or ""))
    return {**asdict(outcome), "running_version": version}


def run_details(connection: Connection, run: Run) -> View:
    """Return a run with its release, what it did on each host, and when."""
    outcomes = runs.outcomes(connection, run.id)
    release = releases.find(connection, run.release_id)
    versions = release_rows.versions(connection, [run.app], {one.running or "" for one in outcomes})
    return {
        **run_view(run),
        "release": release_view(release),
        "outcomes": [outcome_view(one, run.app, versions) for one in outcomes],
        **steps_view(run_steps.of_run(connection, run.id)),
        "timeline": timeline_view(connection, run),
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
