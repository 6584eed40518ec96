# SPDX-License-Identifier: GPL-3.0-or-later
"""Give a hook a new secret."""

from __future__ import annotations

import time
from pathlib import Path

from webhook_bridge.config.hooks import Hook
from webhook_bridge.config.secret_files import new_secret, replace_secret
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.errors import Refused
from webhook_bridge.store import Store, events


def secret_file_of(hook: Hook) -> Path:
    """Return the file of a hook's secret; raise Refused for a hook that has none."""
    if hook.secret_file is None:
        raise Refused(
            "no_secret_file",
            f"hook {hook.name} has no secret file: it shares no secret with its sender, or has it "
            "from the environment, where it is changed with a restart",
        )
    return hook.secret_file


def rotate(store: Store, hook: Hook, *, actor: str, keep_old_for: float) -> str:
    """Write a new secret, which the bridge takes within a second, and return it.

    `keep_old_for`: seconds that the one before stays good. Raises Refused where the file does not
    let it.
    """
    secret = new_secret()
    try:
        replace_secret(secret_file_of(hook), secret, keep_old_for=keep_old_for)
    except ValueError as error:
        raise Refused("secret_file", str(error)) from None
    with store.write() as connection:
        told = NewEvent("hook.rotated", actor, time.time(), data={"hook": hook.name})
        events.record(connection, told)
    return secret
