# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps file as it is now: read again when it changes, kept as it was when it is wrong."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from webhook_bridge.apps import Apps, load_apps
from webhook_bridge.errors import ConfigurationError

_log = logging.getLogger(__name__)


class AppsFile:
    """Hands out the apps; an edit takes effect at once, a wrong edit is logged and waits."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._stamp = self._stat()
        self._apps = load_apps(file)

    def current(self) -> Apps:
        """Return the newest apps that were valid."""
        with self._lock:
            stamp = self._stat()
            if stamp != self._stamp:
                self._stamp = stamp
                self._reload()
            return self._apps

    def _reload(self) -> None:
        try:
            self._apps = load_apps(self.file)
            _log.info("apps file read again: %s", self.file)
        except ConfigurationError as error:
            _log.error("apps file is wrong, the apps stay as they were: %s", error)

    def _stat(self) -> tuple[int, int] | None:
        try:
            status = self.file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
