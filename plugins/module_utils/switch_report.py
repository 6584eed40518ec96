# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a switch is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Order:
    """What is asked for. Times are in seconds; `stop_timeout` None is the container's own."""

    app: str
    name: str
    digest: str
    timeout: float
    stable_for: float
    keep: int
    stop_timeout: int | None = None
    platform: str | None = None


@dataclass(frozen=True)
class Report:
    """What became of it, in the words of the outcome callback."""

    outcome: str
    reason: str
    changed: bool = True
    health: str = ""
    log: tuple = field(default_factory=tuple)
    previous: object = None
    running: object = None
    warnings: tuple = field(default_factory=tuple)
