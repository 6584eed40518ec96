# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs came before a run, and which was the first of a release."""

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
