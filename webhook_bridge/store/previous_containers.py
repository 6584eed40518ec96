# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of an app ran before a release came: where they go back to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.store.tables import outcome, release, run


def ran_before(connection: Connection, release_id: str) -> dict[str, list[KeptContainer]]:
    """Return what each host ran when a run brought it to the digest of a release, oldest first.

    Runs of earlier releases count too where these had the same digest and were not decided on, as
    after a cancel: since the last release that proved good.
    """
    query = (
        select(outcome.c.host, outcome.c.previous)
        .join(run, run.c.id == outcome.c.run_id)
        .where(run.c.release_id.in_(_tries_of(release_id)), outcome.c.previous.is_not(None))
        .order_by(run.c.seq)
    )
    found: dict[str, list[KeptContainer]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["host"], []).append(KeptContainer(**row["previous"]))
    return found


def _tries_of(release_id: str) -> Select[Any]:
    """Return the query for this release and those before that were to bring the same digest."""
    this, good = release.alias("this"), release.alias("good")
    decided = (
        select(func.coalesce(func.max(good.c.seq), 0))
        .where(good.c.app == this.c.app, good.c.seq < this.c.seq, good.c.state == "good")
        .correlate(this)
        .scalar_subquery()
    )
    return (
        select(release.c.id)
        .join(this, (this.c.app == release.c.app) & (this.c.digest == release.c.digest))
        .where(this.c.id == release_id, release.c.seq <= this.c.seq, release.c.seq > decided)
    )
