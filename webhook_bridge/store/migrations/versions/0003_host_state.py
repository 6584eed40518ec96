# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host runs, what it ran before, and what a run goes back to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table of actual state; add what restores, cancels and reconciles need."""
    op.create_table(
        "host_state",
        sa.Column("app", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=True),
        sa.Column("container", sa.String(length=128), nullable=True),
        sa.Column("container_id", sa.String(length=128), nullable=True),
        sa.Column("daemon", sa.String(length=64), nullable=True),
        sa.Column("health", sa.String(length=32), nullable=True),
        sa.Column("placed", sa.String(length=128), nullable=True),
        sa.Column("placed_id", sa.String(length=128), nullable=True),
        sa.Column("placed_daemon", sa.String(length=64), nullable=True),
        sa.Column("refused", sa.String(length=80), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("app", "host"),
    )
    op.add_column("app", sa.Column("back", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column(
        "app", sa.Column("reconcile_hosts", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column("app", sa.Column("observe_at", sa.Float(), nullable=True))
    op.add_column("run", sa.Column("back", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("run", sa.Column("canceled_by", sa.String(length=80), nullable=True))
    op.add_column("outcome", sa.Column("previous", sa.JSON(), nullable=True))
    op.add_column("outcome", sa.Column("daemon", sa.String(length=64), nullable=True))
