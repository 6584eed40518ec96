# SPDX-License-Identifier: GPL-3.0-or-later
"""On which hosts a run failed and left nothing running."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    failed: sa.Column[bool] = sa.Column("failed", sa.Boolean(), nullable=False, server_default="0")
    op.add_column("host_state", failed)
