# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry: run the migrations on the connection that the store hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
