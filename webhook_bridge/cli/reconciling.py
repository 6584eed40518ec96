# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until the hosts of an app have been looked at, and mended where they differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from webhook_bridge.cli.asking import is_served
from webhook_bridge.cli.running import run_here
from webhook_bridge.errors import LongshoreError
from webhook_bridge.settings import Settings
from webhook_bridge.store import Store, releases

_LOOK_EVERY_S = 0.1


def released(store: Store, names: Collection[str]) -> list[str]:
    """Return those of these apps that have a release: the others run nowhere yet."""
    with store.read() as connection:
        rows = releases.app_rows(connection)
    return [row.name for row in rows if row.name in names and row.release_id is not None]


def look_and_mend(settings: Settings, store: Store, app: str) -> None:
    """Wait for the serving bridge, or do it here; raise LongshoreError when nobody does it."""
    if is_served(settings):
        _wait_until_mended(store, app, is_worked_on=lambda: is_served(settings))
        return
    with run_here(settings, store, app, looking=True):
        pass


def _wait_until_mended(store: Store, app: str, *, is_worked_on: Callable[[], bool]) -> None:
    asked_at = time.time()
    while True:
        last_look = not is_worked_on()
        with store.write() as connection:
            row = releases.app_row(connection, app)
        looked = row.observe_at is None or row.observe_at > asked_at
        if looked and row.owner is None and not row.reconcile_hosts:
            return
        if last_look:
            raise LongshoreError(f"{app}: no bridge looks at its hosts; see: longshore status")
        time.sleep(_LOOK_EVERY_S)
