# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts each app has, as the inventory was read last."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "app_inventory",
        sa.Column("app", sa.String(64), primary_key=True),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.Column("read_at", sa.Float()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fewer", sa.JSON(none_as_null=True)),
        sa.Column("fewer_at", sa.Float()),
        sa.Column("new", sa.JSON(), nullable=False),
    )
