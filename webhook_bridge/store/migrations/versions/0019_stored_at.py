# SPDX-License-Identifier: GPL-3.0-or-later
"""When each delivery was on disk; of earlier ones that is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column."""
    op.add_column("delivery", sa.Column("stored_at", sa.Float(), nullable=True))
