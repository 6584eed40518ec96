# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of those who sign in, and of what programs show instead."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, String, Table, Text, UniqueConstraint

from webhook_bridge.store.tables import metadata

# Who may sign in. Somebody whom an issuer knows is who it says, whatever they are called there.
user = Table(
    "user",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    # {app: role}, or {"*": role} for all apps.
    Column("grants", JSON, nullable=False),
    Column("issuer", String(255)),
    Column("subject", String(255)),
    Column("created_at", Float, nullable=False),
    Column("disabled_at", Float),
    Column("signed_in_at", Float),
    UniqueConstraint("issuer", "subject"),
)

# Of each secret here only the SHA-256: it is random, so nobody finds it from that.
sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(36), ForeignKey("user.id"), nullable=False, index=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    # What people and pages call it: the id itself would open it.
    Column("handle", String(36), nullable=False, unique=True),
    Column("user_id", String(36), ForeignKey("user.id"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("method", String(16), nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("used_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("proof", String(64)),
    # What a provider wants to see again when somebody signs out there.
    Column("id_token", Text),
)

token = Table(
    "token",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("grants", JSON, nullable=False),
    Column("owner_id", String(36), ForeignKey("user.id"), index=True),
    Column("created_at", Float, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("expires_at", Float),
    Column("used_at", Float),
)
