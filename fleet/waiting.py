# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for something to become true, with a deadline and a message for the day it does not."""

import time
from collections.abc import Callable
from typing import TypeVar

from fleet.errors import FleetError

_T = TypeVar("_T")


def wait_for(
    look: Callable[[], _T | None],
    what: str,
    *,
    seconds: float = 30.0,
    pause: float = 0.02,
    error: type[Exception] = FleetError,
) -> _T:
    """Return the first true value that `look` gives; raise, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise error(f"waited {seconds:g} s in vain: {what}")
        time.sleep(pause)
