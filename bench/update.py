# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ways to bring a new version to a fleet have in common."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from fleet import Fleet, Image, images

REPOSITORY = "acme/shop"

# Makes the image of a version.
Kind = Callable[[str], Image]
# Around the start of what brings a version: whatever is started in it is counted as its cost.
Counted = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Update:
    """A way that is ready to bring versions to a fleet.

    `push` pushes a version, brings it to all hosts, and returns when its clock started
    (time.monotonic); `settle` returns once nothing of that is under way any more; `again` brings
    what runs already, and returns how many seconds that took.
    """

    push: Callable[[str], float]
    settle: Callable[[], None] = lambda: None
    again: Callable[[], float] | None = None


Way = Callable[[Fleet, Counted], AbstractContextManager[Update]]


def uncounted() -> AbstractContextManager[None]:
    """Count nothing."""
    return nullcontext()


def push_and_start_clock(fleet: Fleet, version: str, kind: Kind = images.healthy) -> float:
    """Push a version as `latest`; the clock starts once it is there, as a webhook would."""
    fleet.registry.push(REPOSITORY, "latest", kind(version))
    return time.monotonic()
