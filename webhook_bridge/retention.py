# SPDX-License-Identifier: GPL-3.0-or-later
"""How much history is kept: a number and an age for each kind, whichever ends first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from webhook_bridge.durations import Duration

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
    logs: Keep = Keep(number=500, age=90 * _DAY)


@dataclass(frozen=True)
class Entry:
    """One thing of the past: its place in the order of all, its id, and when it was."""

    seq: int
    id: str
    at: float


def removable(
    oldest: Sequence[Entry], *, last_beyond: int, keep: Keep, now: float
) -> tuple[list[Entry], bool]:
    """Return which of the oldest entries may go, and whether to look at those after them.

    `last_beyond` is the newest that is one too many; 0 when there is none.
    """
    gone = [one for one in oldest if one.seq <= last_beyond or now - one.at > keep.age]
    return gone, bool(gone) and gone[-1] is oldest[-1]
