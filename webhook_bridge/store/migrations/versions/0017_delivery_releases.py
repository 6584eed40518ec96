# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases each delivery is about; ways to a hook's deliveries and a release's runs."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column and the indexes; of earlier deliveries only what they brought is known."""
    op.add_column("delivery", sa.Column("release_ids", sa.JSON(), nullable=True))
    op.create_index("delivery_hook", "delivery", ["hook"])
    op.create_index("run_app_generation", "run", ["app", "generation"])
    op.create_index("run_release", "run", ["release_id"])
