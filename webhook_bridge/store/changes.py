# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether something is under way, in two look-ups by index."""

from __future__ import annotations

from sqlalchemy import Connection, select

from webhook_bridge.store.tables import app, delivery


def is_active(connection: Connection) -> bool:
    """Say whether an app is worked on or waits for a run, or a delivery for its verdict."""
    worked_on = app.c.owner.is_not(None) | (app.c.generation > app.c.applied_generation)
    busy = select(app.c.name).where(worked_on).limit(1)
    waiting = select(delivery.c.seq).where(delivery.c.due_at.is_not(None)).limit(1)
    return any(connection.execute(query).first() is not None for query in (busy, waiting))
