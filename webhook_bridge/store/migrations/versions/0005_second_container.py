# SPDX-License-Identifier: GPL-3.0-or-later
"""Which container a host runs beside the one that counts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("host_state", sa.Column("beside", sa.String(length=128), nullable=True))
