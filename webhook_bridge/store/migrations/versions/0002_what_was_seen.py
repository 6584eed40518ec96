# SPDX-License-Identifier: GPL-3.0-or-later
"""When each image was first seen, and what senders called their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "seen",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("image", sa.String(length=255), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("image", "tag", "digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sender_name",
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("delivery_id", sa.String(length=36), nullable=False),
        sa.Column("noted_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("hook", "name"),
    )
    op.create_index("ix_sender_name_noted_at", "sender_name", ["noted_at"])
