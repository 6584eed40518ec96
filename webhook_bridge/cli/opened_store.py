# SPDX-License-Identifier: GPL-3.0-or-later
"""The store for the time of one command."""

from __future__ import annotations

import click

from webhook_bridge.bridge import open_store
from webhook_bridge.settings import Settings
from webhook_bridge.store import Store


def opened_store(settings: Settings) -> Store:
    """Return the store; it is closed when the command ends."""
    store = open_store(settings)
    click.get_current_context().call_on_close(store.close)
    return store
