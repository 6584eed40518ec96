# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out whether the store can be written: reading works also when the disk is full."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from webhook_bridge.store.tables import probe


def write(connection: Connection, *, now: float) -> None:
    """Write one small row; raises what every write would raise now."""
    new = insert(probe).values(id=1, written_at=now)
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_={"written_at": now}))
