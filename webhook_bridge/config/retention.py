# SPDX-License-Identifier: GPL-3.0-or-later
"""How much history is kept: a number and an age for each kind, whichever ends first."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from webhook_bridge.config.durations import Duration

_DAY = 86400.0


class Keep(BaseModel):
    """At most so many, and none older than this."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = Field(ge=1)
    age: Duration


class RetentionTable(BaseModel):
    """The table `[retention]` of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deliveries: Keep = Keep(number=20_000, age=90 * _DAY)
    rejected: Keep = Keep(number=1_000, age=7 * _DAY)
    runs: Keep = Keep(number=2_000, age=365 * _DAY)
    events: Keep = Keep(number=50_000, age=365 * _DAY)
    logs: Keep = Keep(number=500, age=90 * _DAY)
