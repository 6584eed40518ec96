# SPDX-License-Identifier: GPL-3.0-or-later
"""With which options of its app a digest is held."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; what is held so far stays held whatever the options."""
    op.add_column("held", sa.Column("options", sa.String(length=12), nullable=True))
