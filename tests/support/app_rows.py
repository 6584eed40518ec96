# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of apps in a state that would take several runs to come to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from webhook_bridge.store import releases


def change_app(connection: Connection, name: str, **values: Any) -> None:
    """Change some columns of an app's row."""
    row = releases.locked_app_row(connection, name)
    releases.save_app(connection, replace(row, **values))
