# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on which app: one worker at a time, found dead by its lock and not by a clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.outcomes import Kept
from webhook_bridge.store import releases, runs
from webhook_bridge.store.releases import AppRow, Release
from webhook_bridge.store.runs import NewRun, Run, RunKind


@dataclass(frozen=True)
class Work:
    """A claimed app: the release to bring to its hosts (all, or those of the run), and the run.

    `protect` are digests that a host must not remove: what a rollback would go back to.
    """

    release: Release
    run: Run
    attempts: int
    protect: tuple[str, ...] = ()


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


def due_kind(row: AppRow, *, release: Release, now: float) -> RunKind | None:
    """Return what an app needs most; None where it needs nothing yet.

    Hosts go back before anything else comes, and a look at hosts waits for all that changes them.
    While one that shall go back is away, the others are looked at and mended all the same.
    """
    if row.back and row.due_at <= now:
        return "restore"
    if row.generation > row.applied_generation:
        if row.due_at > now:
            return None
        return "rollback" if release.cause == "rollback" else "deploy"
    if row.pending_hosts and row.due_at <= now:
        return "catch_up"
    if _to_mend(row):
        return "reconcile"
    looks = row.observe_at is not None and row.observe_at <= now
    return "observe" if looks else None


def _aim(row: AppRow, kind: RunKind) -> tuple[tuple[str, ...], Mapping[str, Kept]]:
    """Return the hosts of a run (none: all) and the kept containers that it starts again.

    A restore run catches hosts up too: they would wait as long as one that goes back is away.
    """
    only = {"catch_up": row.pending_hosts, "reconcile": _to_mend(row)}
    if kind == "restore":
        return tuple(dict.fromkeys([*row.back, *row.pending_hosts])), row.back
    return tuple(only.get(kind, ())), {}


def _to_mend(row: AppRow) -> list[str]:
    return [host for host in row.reconcile_hosts if host not in row.back]


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
