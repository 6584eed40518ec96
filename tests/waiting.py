# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for something to become true, with a deadline and a message for the day it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def wait_for(
    look: Callable[[], _T | None],
    what: str,
    *,
    seconds: float = 10.0,
    pause: float = 0.01,
    error: type[Exception] = AssertionError,
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
