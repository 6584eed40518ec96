# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for hosts and daemons: longer than for what happens in one process."""

from collections.abc import Callable
from typing import TypeVar

from tests import waiting
from tests.fleet.errors import FleetError

_T = TypeVar("_T")


def wait_for(
    look: Callable[[], _T | None], what: str, *, seconds: float = 30, pause: float = 0.02
) -> _T:
    """Return the first true value that `look` gives; FleetError naming `what` after `seconds`."""
    return waiting.wait_for(look, what, seconds=seconds, pause=pause, error=FleetError)
