# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on which app: one worker at a time, found dead by its lock and not by a clock."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from webhook_bridge.domain.releases import AppRow
from webhook_bridge.domain.runs import NewRun, Work, _aim, due_kind
from webhook_bridge.store import releases, runs


def claim(
    connection: Connection,
    name: str,
    *,
    worker: str,
    now: float,
    keep: int = 2,
    looking: bool = True,
) -> Work | None:
    """Take an app that has something to do and nobody working on it, and store its new run.

    `keep` is how many releases shall stay on the hosts for going back; `looking` says whether
    hosts are looked at, and what drifted is mended, too.
    """
    row = releases.app_row(connection, name)
    if row.owner is not None or row.release_id is None:
        return None
    release = releases.find(connection, row.release_id)
    kind = due_kind(row, release=release, now=now)
    if kind is None or (kind in ("observe", "reconcile") and not looking):
        return None
    releases.update_app(connection, name, owner=worker, epoch=row.epoch + 1)
    hosts, back = _aim(row, kind)
    new = NewRun(name, row.release_id, row.generation, row.epoch + 1, kind, hosts, back)
    run = runs.start(connection, new, now=now)
    protect = releases.rollback_targets(connection, name, limit=max(1, keep))
    return Work(release, run, row.attempts, protect)


def owners(connection: Connection) -> dict[str, str]:
    """Return the worker of each app that is being worked on."""
    rows = releases.app_rows(connection)
    return {row.name: row.owner for row in rows if row.owner is not None}


def give_back(connection: Connection, name: str, *, reason: str, now: float) -> None:
    """Free an app whose run was cut off; the run ends as interrupted, its wish stays open."""
    row = releases.app_row(connection, name)
    for run in runs.running(connection, name):
        runs.finish(connection, run.id, state="interrupted", reason=reason, now=now)
    releases.update_app(connection, name, owner=None, epoch=row.epoch + 1)


def names_to_look_at(connection: Connection, known: Collection[str], *, now: float) -> list[str]:
    """Return the declared apps that may have something to do, those that wait longest first."""
    rows = [row for row in releases.app_rows(connection) if row.name in known]
    open_rows = [row for row in rows if row.owner is None and _may_be_due(row, now=now)]
    return [row.name for row in sorted(open_rows, key=lambda row: row.due_at)]


def _may_be_due(row: AppRow, *, now: float) -> bool:
    looks = row.observe_at is not None and row.observe_at <= now
    wishes = row.generation > row.applied_generation or row.pending_hosts or row.back
    return bool(wishes or row.reconcile_hosts or looks)
