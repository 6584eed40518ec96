# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ways to bring a new version to a fleet have in common."""

import time
from collections.abc import Callable

from fleet import Fleet, images

REPOSITORY = "acme/shop"

# Pushes a version and brings it to all hosts; returns when its clock started (time.monotonic).
Update = Callable[[str], float]


def push_and_start_clock(fleet: Fleet, version: str) -> float:
    """Push a version as `latest`; the clock starts once it is there, as a webhook would."""
    fleet.registry.push(REPOSITORY, "latest", images.healthy(version))
    return time.monotonic()
