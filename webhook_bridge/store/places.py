# SPDX-License-Identifier: GPL-3.0-or-later
"""Where something stands in the order of all of its kind, which only grows."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, select

from webhook_bridge.store.tables import delivery, rejected, release, run

Kind = Literal["delivery", "rejected", "release", "run"]
_TABLES = {"delivery": delivery, "rejected": rejected, "release": release, "run": run}


def seq_of(connection: Connection, kind: Kind, identifier: str) -> int:
    """Return the place of a row that there is."""
    table = _TABLES[kind]
    return int(connection.execute(select(table.c.seq).where(table.c.id == identifier)).scalar_one())
