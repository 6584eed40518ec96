# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of apps, deliveries, releases and runs: plain dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.domain.drift import Drift, drift_of
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.store import host_states, releases, runs

View = dict[str, Any]
_Found = TypeVar("_Found")


def timestamp(seconds: float | None) -> str | None:
    """Return a time as RFC 3339, UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def app_view(connection: Connection, name: str, app: App) -> View:
    """Return what an app should run, what it runs where, and what is going on."""
    row = releases.app_row(connection, name)
    release = releases.desired(connection, name)
    newest = runs.latest(connection, app=name, limit=1, looks=False)
    look = runs.latest_look(connection, name)
    actual = _actual_states(connection, name, release)
    return {
        "app": name,
        "image": str(app.image),
        "track": str(app.track),
        "hosts": app.hosts,
        "state": _app_state(row, newest),
        "release": None if release is None else release_view(release),
        "last_run": None if not newest else run_view(newest[0]),
        "pending_hosts": row.pending_hosts,
        "retry_at": timestamp(row.due_at) if row.pending_hosts else None,
        "last_look": None if look is None else run_view(look),
        "look_at": timestamp(row.observe_at),
        "held": releases.held_digests(connection, name),
        "outcomes": _last_outcomes(connection, name, known=[one["host"] for one in actual]),
        "actual": actual,
    }


def _last_outcomes(connection: Connection, name: str, *, known: Collection[str]) -> list[View]:
    """Return what was done last on each host, but not on those that the inventory has lost.

    A database from before hosts were remembered knows of none; then all count.
    """
    outcomes = runs.last_outcomes(connection, name)
    return [asdict(outcomes[host]) for host in sorted(outcomes) if not known or host in known]


def _actual_states(connection: Connection, name: str, release: Release | None) -> list[View]:
    """Return what each host is known to run, and how that differs from the release."""
    states = host_states.of_app(connection, name).values()
    digest = None if release is None else release.digest
    return [_actual_state(state, digest=digest) for state in states]


def _actual_state(state: HostState, *, digest: str | None) -> View:
    drift = None if digest is None else drift_of(state, digest=digest)
    return {
        "host": state.host,
        "digest": state.digest,
        "container": state.container,
        "beside": state.beside,
        "health": state.health,
        "daemon": state.daemon,
        "reached": state.reached,
        "seen_at": timestamp(state.seen_at),
        "drift": None if drift is None else drift_view(drift),
        "retry_at": timestamp(state.due_at) if state.attempts else None,
    }


def drift_view(drift: Drift) -> View:
    """Return how a host differs, for programs and for people."""
    return {"reason": drift.reason, "by_hand": drift.by_hand, "sentence": drift.sentence}


def _app_state(row: AppRow, newest: list[Run]) -> str:
    """Return one word for the whole app; a look at its hosts changes nothing, so it is none."""
    if row.release_id is None:
        return "never deployed"
    if newest and newest[0].state == "running":
        return "running"
    if row.generation > row.applied_generation:
        return "waiting"
    return newest[0].state if newest else "waiting"


def release_view(release: Release) -> View:
    """Return a release."""
    return {**vars(release), "created_at": timestamp(release.created_at)}


def releases_view(connection: Connection, name: str, *, limit: int) -> list[View]:
    """Return an app's releases, newest first: the desired one, and why a digest is held."""
    desired = releases.app_row(connection, name).release_id
    held = releases.held_digests(connection, name)
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
