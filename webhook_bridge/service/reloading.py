# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread that gives a serving bridge its settings again when their file changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from webhook_bridge.config import served_settings
from webhook_bridge.config.settings import Settings
from webhook_bridge.config.settings_reloader import SettingsReloader

_log = logging.getLogger(__name__)
_POLL_INTERVAL_S = 1.0


class Reloading:
    """Looks once a second, and tells other commands which settings are used."""

    def __init__(self, settings: Settings, *, use: Callable[[Settings], None]) -> None:
        self._state_dir: Path = settings.state_dir
        self._reloader = SettingsReloader(settings)
        self._use = use
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="settings", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        served_settings.tell(self._state_dir, self._reloader)
        self._thread.start()

    def stop(self) -> None:
        """End, and tell nothing any more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
            served_settings.forget(self._state_dir)

    def _work(self) -> None:
        while not self._stopping.wait(_POLL_INTERVAL_S):
            try:
                self._look()
            except Exception:  # noqa: BLE001 -- a fault of ours must not end the thread
                _log.exception("settings: cannot be read again")

    def _look(self) -> None:
        new = self._reloader.changed()
        if new is not None:
            self._use(new)
            served_settings.tell(self._state_dir, self._reloader)
