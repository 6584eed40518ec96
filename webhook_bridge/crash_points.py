# SPDX-License-Identifier: GPL-3.0-or-later
"""Named places at which a test kills the process, to prove that a crash there loses nothing.

LONGSHORE_CRASH_AT=name makes the process kill itself with SIGKILL there; unset, they do nothing.
"""

from __future__ import annotations

import os
import signal

_CRASH_AT = os.environ.get("LONGSHORE_CRASH_AT", "")


def reach(name: str) -> None:
    """Die here when a test asked for it."""
    if name == _CRASH_AT:
        os.kill(os.getpid(), signal.SIGKILL)
