# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what is shown of each app has changed; the triggers follow every migration."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "app_change",
        sa.Column("app", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
