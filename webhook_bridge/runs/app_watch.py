# SPDX-License-Identifier: GPL-3.0-or-later
"""What a serving bridge notices of its apps: entries that change or leave, and hosts to observe."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.runs import leases
from webhook_bridge.runs.removal import orphans
from webhook_bridge.store import Store, releases

_log = logging.getLogger(__name__)


class AppWatch:
    """Compares the apps file with how it was at the last look."""

    def __init__(self, store: Store, apps: AppsFile) -> None:
        self._store = store
        self._apps = apps
        self._known = apps.current()
        self._declared: frozenset[str] | None = None
        self._told: frozenset[str] = frozenset()

    def schedule_observations(self, *, every: float) -> None:
        """Set when the hosts of each app with a release are observed: soon where it changed.

        `every`: seconds between two observations, for apps that have no time yet.
        """
        with self._store.read() as connection:
            rows = releases.app_rows(connection)
        apps = self._apps.current()
        self._observe_changed(apps, released={row.name for row in rows if row.release_id})
        unset = [row.name for row in rows if row.release_id and row.observe_at is None]
        names = [name for name in unset if name in apps]
        if names:
            with self._store.write() as connection:
                leases.schedule_observations(connection, names, at=time.time() + every)

    def _observe_changed(self, apps: Apps, *, released: Collection[str]) -> None:
        """Observe soon the hosts of apps whose entries changed: their options may differ now."""
        changed = [name for name, app in apps.items() if self._known.get(name, app) != app]
        changed = [name for name in changed if name in released]
        if changed:
            with self._store.write() as connection:
                leases.observe_soon(connection, changed, now=time.time())
        self._known = apps

    def log_orphans(self) -> None:
        """Log each app that left the file and ran once: at the start, and when it leaves."""
        declared = frozenset(self._apps.current())
        if declared == self._declared:
            return
        with self._store.read() as connection:
            found = {one.app: one for one in orphans(connection, declared)}
        for name in found.keys() - self._told:
            _log.warning("%s", found[name].sentence)
        self._declared, self._told = declared, frozenset(found)
