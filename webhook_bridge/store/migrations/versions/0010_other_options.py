# SPDX-License-Identifier: GPL-3.0-or-later
"""In which options the container of a host differs from those that it should have."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    names = sa.Column("other_options", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("host_state", names)
