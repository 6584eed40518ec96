# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what happens in one process: shorter than for hosts and daemons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fleet import waiting

_T = TypeVar("_T")


def wait_for(
    look: Callable[[], _T | None],
    what: str,
    *,
    seconds: float = 30.0,
    pause: float = 0.01,
    error: type[Exception] = AssertionError,
) -> _T:
    """Return the first true value that `look` gives; raise, naming `what`, after `seconds`."""
    return waiting.wait_for(look, what, seconds=seconds, pause=pause, error=error)
