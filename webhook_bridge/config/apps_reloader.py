# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps file as it is now: read again when it changes, kept as it was when it is wrong."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from webhook_bridge.config.apps import Apps, load_apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.errors import ConfigurationError

_log = logging.getLogger(__name__)


class AppsFile:
    """Hands out the apps; an edit takes effect at once, a wrong edit is logged and waits."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._stamp = self._stat()
        self._apps = load_apps(file)
        self._is_right = True

    def current(self) -> Apps:
        """Return the newest apps that were valid."""
        with self._lock:
            stamp = self._stat()
            if stamp != self._stamp:
                self._stamp = stamp
                self._reload()
            return self._apps

    def is_right(self) -> bool:
        """Say whether the file is valid as it is now: Ansible reads that, not the apps kept."""
        self.current()
        return self._is_right

    def _reload(self) -> None:
        self._is_right = False
        try:
            self._apps = load_apps(self.file)
            self._is_right = True
            _log.info("apps file read again: %s", self.file)
        except ConfigurationError as error:
            _log.error(
                "apps file is wrong, the apps stay as they were and no run starts: %s", error
            )

    def _stat(self) -> tuple[int, int] | None:
        try:
            status = self.file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def open_apps(settings: Settings) -> AppsFile:
    """Read the apps file that the settings name; raise ConfigurationError when it is wrong."""
    return AppsFile(settings.ansible.apps_file)
