# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a delivery."""

from __future__ import annotations

from sqlalchemy import Connection, select

from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.store import releases, runs
from webhook_bridge.store.tables import release, run


def releases_of(connection: Connection, delivery_id: str) -> list[Release]:
    """Return the releases that a delivery led to, the oldest first."""
    query = select(release.c.id).where(release.c.delivery_id == delivery_id)
    ids = connection.scalars(query.order_by(release.c.seq))
    return [releases.find(connection, one) for one in ids]


def runs_of(connection: Connection, release_id: str) -> list[Run]:
    """Return the runs of a release, the oldest first."""
    query = select(run.c.id).where(run.c.release_id == release_id)
    ids = connection.scalars(query.order_by(run.c.seq))
    return [runs.get(connection, one) for one in ids]
