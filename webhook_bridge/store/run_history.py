# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of an app so far: what came before one, the first of a release, how long they took."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from webhook_bridge.domain.runs import Run, RunKind
from webhook_bridge.store.runs import COLUMNS, run_of
from webhook_bridge.store.tables import run


def before(connection: Connection, of: Run, *, limit: int) -> list[Run]:
    """Return the newest runs of the same app and kind before this one, which have ended."""
    seq = select(run.c.seq).where(run.c.id == of.id).scalar_subquery()
    query = (
        select(*COLUMNS)
        .where(run.c.app == of.app, run.c.kind == of.kind, run.c.seq < seq)
        .where(run.c.state != "running")
        .order_by(run.c.seq.desc())
        .limit(limit)
    )
    return [run_of(row) for row in connection.execute(query).mappings()]


def first_of_releases(
    connection: Connection, release_ids: Collection[str], *, kinds: Collection[RunKind]
) -> dict[str, str]:
    """Return the id of the first run, of these kinds, of each of these releases."""
    query = (
        select(run.c.release_id, run.c.id)
        .where(run.c.release_id.in_(release_ids), run.c.kind.in_(kinds))
        .order_by(run.c.seq.desc())
    )
    return {row.release_id: row.id for row in connection.execute(query)}


def rollouts(connection: Connection, app: str, *, limit: int) -> list[Run]:
    """Return the newest runs of an app that may change a host, newest first."""
    query = select(*COLUMNS).where(run.c.app == app, run.c.kind != "observe")
    newest = query.order_by(run.c.seq.desc()).limit(limit)
    return [run_of(row) for row in connection.execute(newest).mappings()]


def durations(connection: Connection, app: str, *, limit: int) -> list[float]:
    """Return how many seconds the newest rollouts of an app took that succeeded."""
    query = (
        select((run.c.ended_at - run.c.started_at).label("took"))
        .where(run.c.app == app, run.c.kind.in_(["deploy", "rollback"]))
        .where(run.c.state == "succeeded", run.c.ended_at.is_not(None))
        .order_by(run.c.seq.desc())
        .limit(limit)
    )
    return [float(took) for took in connection.scalars(query)]
