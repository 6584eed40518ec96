# SPDX-License-Identifier: GPL-3.0-or-later
"""Who works on which app: one worker at a time, found dead by its lock and not by a clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, update

from webhook_bridge.consequences import Consequence
from webhook_bridge.outcomes import RunResult
from webhook_bridge.store import releases, runs
from webhook_bridge.store.releases import AppRow, Release
from webhook_bridge.store.runs import Run, RunKind
from webhook_bridge.store.tables import app


@dataclass(frozen=True)
class Work:
    """A claimed app: the release to bring to its hosts (all, or those of the run), and the run."""

    release: Release
    run: Run
    attempts: int


def claim(connection: Connection, name: str, *, worker: str, now: float) -> Work | None:
    """Take an app that has something to do and nobody working on it, and store its new run."""
    row = releases.app_row(connection, name)
    if row.owner is not None or row.release_id is None or row.due_at > now:
        return None
    kind = _kind(connection, row)
    if kind is None:
        return None
    hosts = tuple(row.pending_hosts) if kind == "catch_up" else ()
    releases.update_app(connection, name, owner=worker, epoch=row.epoch + 1)
    new = runs.NewRun(name, row.release_id, row.generation, row.epoch + 1, kind, hosts)
    run = runs.start(connection, new, now=now)
    return Work(releases.find(connection, row.release_id), run, row.attempts)


def _kind(connection: Connection, row: AppRow) -> RunKind | None:
    if row.generation > row.applied_generation and row.release_id is not None:
        cause = releases.find(connection, row.release_id).cause
        return "rollback" if cause == "rollback" else "deploy"
    return "catch_up" if row.pending_hosts else None


def owners(connection: Connection) -> dict[str, str]:
    """Return the worker of each app that is being worked on."""
    rows = releases.app_rows(connection)
    return {row.name: row.owner for row in rows if row.owner is not None}


def take_back(connection: Connection, name: str, *, now: float) -> None:
    """Free an app whose worker died; its run ends as interrupted, its wish stays open."""
    row = releases.app_row(connection, name)
    for run in runs.running(connection, name):
        reason = "the process that ran it ended; a bridge that serves runs it again"
        runs.finish(connection, run.id, state="interrupted", reason=reason, now=now)
    releases.update_app(connection, name, owner=None, epoch=row.epoch + 1)


def finish(
    connection: Connection, work: Work, *, result: RunResult, consequence: Consequence, now: float
) -> bool:
    """Record a run's end and what follows from it; return False when the app was lost meanwhile.

    The epoch fences: a worker that was thought dead writes only to its own run.
    """
    run = work.run
    runs.finish(connection, run.id, state=result.state, reason=result.reason, now=now)
    runs.add_outcomes(connection, run.id, list(result.outcomes))
    freed = connection.execute(
        update(app).where(app.c.name == run.app, app.c.epoch == run.epoch).values(owner=None)
    )
    if freed.rowcount != 1:
        return False
    _apply(connection, work, consequence=consequence, now=now)
    return True


def _apply(connection: Connection, work: Work, *, consequence: Consequence, now: float) -> None:
    name, digest = work.run.app, work.release.digest
    row = releases.app_row(connection, name)
    if consequence.release_state is not None:
        superseded = row.generation != work.run.generation and consequence.release_state == "failed"
        state = "superseded" if superseded else consequence.release_state
        releases.mark(connection, work.release.id, state)
    if consequence.hold:
        restored = consequence.release_state == "restored"
        reason: releases.HeldReason = "put back" if restored else "not healthy"
        releases.hold(connection, name, digest, reason=reason, run_id=work.run.id, now=now)
    if consequence.answered:
        releases.update_app(connection, name, applied_generation=work.run.generation)
    if row.generation == work.run.generation:
        _settle(connection, work, consequence=consequence, now=now)


def _settle(connection: Connection, work: Work, *, consequence: Consequence, now: float) -> None:
    """Set what is still open for the app, unless a newer release has replaced this one."""
    name = work.run.app
    previous = releases.last_good(connection, name, other_than=work.release.digest)
    pending = consequence.pending_hosts
    if consequence.go_back:
        pending = pending if previous is not None else ()
        if previous is not None:
            releases.update_app(connection, name, release_id=previous.id)
    open_work = bool(pending) or not consequence.answered
    releases.update_app(
        connection,
        name,
        pending_hosts=list(pending),
        attempts=work.attempts + 1 if open_work else 0,
        due_at=now + consequence.wait,
    )


def names_to_look_at(connection: Connection, known: Collection[str]) -> list[str]:
    """Return the declared apps that have something to do, those that wait longest first."""
    rows = [row for row in releases.app_rows(connection) if row.name in known]
    open_rows = [
        row
        for row in rows
        if row.owner is None and (row.generation > row.applied_generation or row.pending_hosts)
    ]
    return [row.name for row in sorted(open_rows, key=lambda row: row.due_at)]
