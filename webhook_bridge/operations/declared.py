# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a declared app; of one that left the apps file, say so."""

from __future__ import annotations

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps, find_app
from webhook_bridge.domain.removal import orphans_of
from webhook_bridge.errors import NotFound
from webhook_bridge.store import Store, host_states, releases


def declared_app(store: Store, apps: Apps, name: str) -> App:
    """Return a declared app.

    Raises NotFound, which names those there are, and for one that ran and is declared no more says
    where it runs and how to remove it.
    """
    if name not in apps:
        with store.read() as connection:
            if releases.app_row(connection, name).release_id is not None:
                states = host_states.of_apps(connection, [name])
                raise NotFound(orphans_of([name], apps, states)[0].sentence)
    return find_app(apps, name)
