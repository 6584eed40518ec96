# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's migrations of the schema."""
