# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a rollout of an app usually takes."""

from __future__ import annotations

import statistics

from sqlalchemy import Connection

from webhook_bridge.store import run_history

_ROLLOUTS_COMPARED = 20


def usual_seconds(connection: Connection, name: str) -> float | None:
    """Return the median duration of an app's last 20 rollouts that succeeded; None without any."""
    took = run_history.durations(connection, name, limit=_ROLLOUTS_COMPARED)
    return statistics.median(took) if took else None
