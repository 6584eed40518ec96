# SPDX-License-Identifier: GPL-3.0-or-later
"""Columns and tables are called what the code and the glossary call them."""

from alembic import op

revision = "0008"
down_revision = "0007"

_COLUMNS = {
    "app": {"back": "restore_targets"},
    "run": {"back": "restore_targets"},
    "host_state": {
        "placed": "deployed_container",
        "placed_id": "deployed_container_id",
        "placed_daemon": "deployed_daemon",
        "refused": "rejected_digest",
        "beside": "extra_container",
    },
}


def upgrade() -> None:
    """Rename; nothing that is stored changes."""
    for table, renamed in _COLUMNS.items():
        for old, new in renamed.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.rename_table("seen", "tag_sighting")
