# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that reads the inventory now and then, and has new hosts brought up to date."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.config.inventory_files import static_fingerprint
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.consequences import BackOff
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.runs.inventory_reading import bring_new_hosts, read_inventory
from webhook_bridge.store import Store, inventories

_log = logging.getLogger(__name__)
_LOOK_INTERVAL_S = 1.0
# Many instances start at once, and each tells of it: after the first one they share a reading.
_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 600.0


class InventoryWatch:
    """Reads every so often, and at once where somebody says that hosts came or went.

    Plain files are read when they change. While the inventory gives no answer it is read less and
    less often.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        apps: AppsFile,
        *,
        came: Callable[[], None],
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._settings = settings
        self._store = store
        self._apps = apps
        self._came = came
        self._pause_s = pause_s
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._due = 0.0
        self._earliest = 0.0
        self._read: object = None
        self._thread = threading.Thread(target=self._work, name="inventory", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def wake(self) -> None:
        """Say that hosts came or went; which ones, the inventory says."""
        self._wanted.set()

    def use(self, settings: Settings) -> None:
        """Read with these settings from now on."""
        self._settings = settings
        self._due = 0.0

    def stop(self) -> None:
        """End, also in the middle of a reading."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except StoreUnavailable as error:
                _log.error("inventory: %s", error)
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("inventory: cannot be looked at")
                self._due = time.monotonic() + _LONGEST_PAUSE_S
            self._stopping.wait(_LOOK_INTERVAL_S)

    def _look(self) -> None:
        """Read the inventory where it is time, and see whether new hosts can be brought."""
        every, now = self._settings.inventory.every, time.monotonic()
        wanted = self._wanted.is_set()
        if (every is not None or wanted) and now >= self._earliest and (wanted or now >= self._due):
            self._wanted.clear()
            self._read_again(every or _LONGEST_PAUSE_S)
            if wanted:
                self._earliest = time.monotonic() + self._pause_s
        if not self._stopping.is_set() and bring_new_hosts(self._store, self._apps.current()):
            self._came()

    def _read_again(self, every: float) -> None:
        apps = self._apps.current()
        files = static_fingerprint(self._settings.ansible.inventory)
        version = None if files is None else (files, apps)
        if version is not None and version == self._read:
            with self._store.write() as connection:
                inventories.read_again(connection, now=time.time())
            answered = True
        else:
            answered = not apps or read_inventory(
                self._settings, self._store, apps, stop=self._stopping
            )
        self._read = None if not answered or self._is_in_doubt() else version
        self._failures = 0 if answered else self._failures + 1
        now, pauses = time.monotonic(), BackOff(every, max(every, _LONGEST_PAUSE_S))
        self._due = now + pauses.after(max(0, self._failures - 1))

    def _is_in_doubt(self) -> bool:
        with self._store.read() as connection:
            return inventories.in_doubt(connection)
