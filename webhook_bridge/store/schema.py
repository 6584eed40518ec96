# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schema a database has, and which one is this version's: without Alembic, a slow import."""

from __future__ import annotations

import functools
from pathlib import Path

from sqlalchemy import Connection, inspect

MIGRATIONS = Path(__file__).parent / "migrations"


@functools.cache
def newest_revision() -> str:
    """Return the revision of the newest migration, which its file's name begins with."""
    files = (MIGRATIONS / "versions").glob("[0-9]*_*.py")
    return max(file.name.partition("_")[0] for file in files)


def revision(connection: Connection) -> str | None:
    """Return the revision of a database; None where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)
