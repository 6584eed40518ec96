# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on which app: one worker at a time, found dead by its lock and not by a clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from webhook_bridge.domain import app_state
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.run_events import start_events
from webhook_bridge.domain.runs import NewRun, RunKind, Work, aim, due_kind
from webhook_bridge.store import events, inventories, releases, runs


def acquire(
    connection: Connection,
    name: str,
    *,
    worker: str,
    now: float,
    keep: int = 2,
    options: str = "",
    observe: bool = True,
) -> Work | None:
    """Take an app that has something to do and nobody working on it, and store its new run.

    `keep` is how many releases shall stay on the hosts for going back; `options` the fingerprint
    of the app's options; `observe` says whether hosts are looked at, and what drifted is mended.
    """
    found = due(connection, name, now=now, observe=observe)
    if found is None:
        return None
    row, release, kind = found
    taken = app_state.claimed(row, worker)
    if not releases.swap_app(connection, row, taken):
        return None
    hosts, restore_targets = aim(row, kind)
    new = NewRun(name, release.id, taken.generation, taken.epoch, kind, hosts, restore_targets)
    run = runs.start(connection, new, now=now)
    protect = releases.rollback_targets(connection, name, limit=max(1, keep))
    work = Work(release, run, row.attempts, protect, options)
    released_at = releases.first_released_at(connection, name, work.digests)
    found_hosts = inventories.of_app(connection, name)
    known_hosts = () if found_hosts is None else found_hosts.hosts
    work = replace(work, released_at=released_at, known_hosts=known_hosts)
    events.record(connection, *start_events(work, now=now))
    return work


def due(
    connection: Connection, name: str, *, now: float, observe: bool = True
) -> tuple[AppRow, Release, RunKind] | None:
    """Return the run that an app needs now, None where it needs none or somebody works on it."""
    row = releases.app_row(connection, name)
    if row.owner is not None or row.release_id is None:
        return None
    release = releases.find(connection, row.release_id)
    kind = due_kind(row, release=release, now=now)
    if kind is None or (kind in ("observe", "reconcile") and not observe):
        return None
    return row, release, kind


def apps_to_check(connection: Connection, known: Collection[str], *, now: float) -> list[str]:
    """Return the declared apps that may have something to do, those that wait longest first."""
    rows = [row for row in releases.app_rows(connection) if row.name in known]
    open_rows = [row for row in rows if row.owner is None and _may_be_due(row, now=now)]
    return [row.name for row in sorted(open_rows, key=lambda row: row.due_at)]


def _may_be_due(row: AppRow, *, now: float) -> bool:
    observations = row.observe_at is not None and row.observe_at <= now
    wishes = row.generation > row.applied_generation or row.pending_hosts or row.restore_targets
    return bool(wishes or row.reconcile_hosts or observations)


def schedule_observations(connection: Connection, names: Collection[str], *, at: float) -> None:
    """Set when the hosts of these apps are looked at, where that is not set."""
    for name in names:
        row = releases.locked_app_row(connection, name)
        releases.save_app(connection, app_state.observation_scheduled(row, at=at))


def observe_soon(connection: Connection, names: Collection[str], *, now: float) -> None:
    """Have the hosts of these apps looked at next."""
    for name in names:
        row = releases.locked_app_row(connection, name)
        releases.save_app(connection, app_state.observation_due(row, now=now))
