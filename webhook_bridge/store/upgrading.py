# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a database's schema to this version's, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import app_changes
from webhook_bridge.store.schema import MIGRATIONS, newest_revision, revision


def upgrade(connection: Connection, file: Path) -> None:
    """Run the migrations that the database in `file` lacks, in the connection's transaction.

    Raises StoreUnavailable where a newer version wrote it.
    """
    current = revision(connection)
    if current == newest_revision():  # another process was faster
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    _refuse_unknown(current, config, file)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    app_changes.count_from_now_on(connection)


def _refuse_unknown(current: str | None, config: Config, file: Path) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreUnavailable(
            f"{file}: was written by a newer Longshore (schema {current}); "
            "install that version again, or name another state_dir"
        )
