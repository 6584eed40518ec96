# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API and `--json` show of apps: what should run, what runs where, what is going on.

All apps are loaded at once: the number of queries does not grow with that of the apps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.drift import Drift, drift_of
from webhook_bridge.domain.host_knowledge import after_outcome
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.domain.outcomes import Outcome, RunState
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.inventory import inventory_view
from webhook_bridge.operations.serializers import (
    View,
    outcome_view,
    release_view,
    run_view,
)
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import (
    holds,
    host_states,
    inventories,
    release_rows,
    releases,
    runs,
)


@dataclass(frozen=True)
class _Known:
    """What the store knows of one app."""

    row: AppRow
    release: Release | None
    newest: Run | None
    look: Run | None
    states: Sequence[HostState]
    held: Mapping[str, str]
    outcomes: Mapping[str, Outcome]
    reported: Mapping[str, Outcome]
    inventory: AppInventory | None
    versions: Mapping[tuple[str, str], str]


def app_views(connection: Connection, apps: Apps) -> list[View]:
    """Return what these apps should run, what they run where, and what is going on, by name."""
    known = _known(connection, sorted(apps))
    return [_app_view(name, apps[name], one) for name, one in known.items()]


def app_view(connection: Connection, name: str, app: App) -> View:
    """Return the same of one app."""
    [view] = app_views(connection, {name: app})
    return view


def _known(connection: Connection, names: Sequence[str]) -> dict[str, _Known]:
    rows = {row.name: row for row in releases.app_rows(connection)}
    wanted = {name: rows.get(name, AppRow(name)) for name in names}
    found = releases.many(connection, [row.release_id for row in wanted.values() if row.release_id])
    newest, observations = (
        runs.newest(connection, names),
        runs.newest_observations(connection, names),
    )
    states, held = host_states.of_apps(connection, names), holds.held_of(connection, names)
    outcomes = runs.last_outcomes(connection, names)
    inventory = inventories.of_apps(connection, names)
    reported = runs.outcomes_of(connection, [run.id for run in newest.values()])
    versions = release_rows.versions(
        connection, names, {one.digest for one in found.values()} | _digests(states, outcomes, held)
    )
    return {
        name: _Known(
            row=row,
            release=None if row.release_id is None else found[row.release_id],
            newest=newest.get(name),
            look=observations.get(name),
            states=states.get(name, ()),
            held=held.get(name, {}),
            outcomes=outcomes.get(name, {}),
            reported=reported.get(newest[name].id, {}) if name in newest else {},
            inventory=inventory.get(name),
            versions=versions,
        )
        for name, row in wanted.items()
    }


def _digests(
    states: Mapping[str, Sequence[HostState]],
    outcomes: Mapping[str, Mapping[str, Outcome]],
    held: Mapping[str, Mapping[str, str]],
) -> set[str]:
    """Return all digests that are named with the apps."""
    seen = {state.digest for found in states.values() for state in found}
    told = {one.running for found in outcomes.values() for one in found.values()}
    return {digest for digest in seen | told if digest} | {
        one for each in held.values() for one in each
    }


def _app_view(name: str, app: App, known: _Known) -> View:
    row, release = known.row, known.release
    return {
        "app": name,
        "image": str(app.image),
        "track": str(app.track),
        "hosts": app.hosts,
        "inventory": inventory_view(name, known.inventory),
        "state": _app_state(known),
        "release": None if release is None else release_view(release),
        "last_run": None if known.newest is None else run_view(known.newest),
        "pending_hosts": row.pending_hosts,
        "retry_at": timestamp(row.due_at) if row.pending_hosts else None,
        "last_observation": None if known.look is None else run_view(known.look),
        "observe_at": timestamp(row.observe_at),
        "held": dict(known.held),
        "held_versions": {digest: known.versions.get((name, digest)) for digest in known.held},
        "outcomes": _last_outcomes(known),
        "observed": _observed_states(known),
    }


def _last_outcomes(known: _Known) -> list[View]:
    """Return what was done last on each host, but not on those that the inventory has lost.

    A database from before hosts were remembered knows of none; then all count.
    """
    hosts = {state.host for state in _states_now(known)}
    return [
        {
            **outcome_view(outcome, known.row.name, known.versions),
            "in_last_run": host in known.reported,
        }
        for host, outcome in known.outcomes.items()
        if not hosts or host in hosts
    ]


def _observed_states(known: _Known) -> list[View]:
    """Return what each host is known to run, and how that differs from the release."""
    digest = None if known.release is None else known.release.digest
    return [
        {
            **_observed_state(state, digest=digest),
            "version": known.versions.get((state.app, state.digest or "")),
        }
        for state in _states_now(known)
    ]


def _states_now(known: _Known) -> Sequence[HostState]:
    """Return what is known of each host, with what it reported in a run that still goes on.

    That run's end is what writes it.
    """
    run = known.newest
    if run is None or run.state != "running":
        return known.states
    states = {state.host: state for state in known.states}
    for host, outcome in known.reported.items():
        before = states.get(host, HostState(run.app, host))
        after = after_outcome(before, outcome, now=run.started_at)
        if after != before:
            states[host] = after
    return [states[host] for host in sorted(states)]


def _observed_state(state: HostState, *, digest: str | None) -> View:
    drift = None if digest is None else drift_of(state, digest=digest)
    return {
        "host": state.host,
        "digest": state.digest,
        "container": state.container,
        "extra_container": state.extra_container,
        "health": state.health,
        "daemon": state.daemon,
        "reached": state.reached,
        "seen_at": timestamp(state.seen_at),
        "drift": None if drift is None else drift_view(drift),
        "retry_at": timestamp(state.due_at) if state.attempts else None,
    }


def drift_view(drift: Drift) -> View:
    """Return how a host differs, for programs and for people."""
    return {
        "reason": drift.reason,
        "by_hand": drift.by_hand,
        "sentence": drift.sentence,
        "options": list(drift.options),
    }


def _app_state(known: _Known) -> str:
    """Return one word for the whole app; a look at its hosts changes nothing, so it is none."""
    row, newest = known.row, known.newest
    if row.release_id is None:
        return "never deployed"
    if newest is not None and newest.state == "running":
        return "running"
    if row.generation > row.applied_generation or newest is None:
        return "waiting"
    return _settled_state(newest.state, known)


def _settled_state(state: RunState, known: _Known) -> RunState:
    """Return how an app's last run ended, but no success where hosts were left without the app.

    The last run may have gone to other hosts only, such as a restore after a failed rollout.
    """
    failed = [one.host for one in known.states if one.failed and not one.digest]
    if state not in ("succeeded", "partial") or not failed:
        return state
    return "failed" if len(failed) == len(known.states) else "partial"
