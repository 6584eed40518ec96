# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, and whether a bridge is there that does what is asked."""

from __future__ import annotations

import getpass

from webhook_bridge.bridge import serving_lock
from webhook_bridge.settings import Settings


def actor() -> str:
    """Return the user's name, and that it was here: as releases and runs name who asked."""
    return f"{getpass.getuser()} (command line)"


def is_served(settings: Settings) -> bool:
    """Say whether a bridge serves from these settings' state_dir."""
    with serving_lock(settings.state_dir) as lock:
        return not lock.acquire()
