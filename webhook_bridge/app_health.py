# SPDX-License-Identifier: GPL-3.0-or-later
"""When a new container of an app counts as working."""

from __future__ import annotations

from pydantic import Field

from webhook_bridge.app_table import Table


class Health(Table):
    """How long a new container may take to get healthy, and must then stay so; in seconds."""

    timeout: float = Field(default=60.0, gt=0, le=86400)
    stable_for: float = Field(default=10.0, ge=0, le=86400)
