# SPDX-License-Identifier: GPL-3.0-or-later
"""longshore.toml as it is now: read again when it changes, kept as it was when it is wrong.

What cannot change while a bridge serves stays as it was at its start, and is named.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.errors import ConfigurationError

_log = logging.getLogger(__name__)
# Tables and keys that are used when the bridge starts: sockets, threads, the database.
NEEDS_RESTART = (
    "state_dir",
    "server",
    "poll",
    "ansible.apps_file",
    "deploy.concurrent_runs",
)

Written = Mapping[str, Any]


def written_settings(file: Path) -> Written:
    """Return what stands in a settings file, by dotted key; it holds no secret.

    Raises ConfigurationError where it cannot be read.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError([f"{file}: {error}"]) from None
    return dict(_flat(data, ""))


def _flat(table: Mapping[str, Any], before: str) -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def differing_keys(one: Written, other: Written) -> list[str]:
    """Return the keys that do not stand in both with the same value."""
    return sorted(key for key in {*one, *other} if one.get(key) != other.get(key))


def needs_restart(key: str) -> bool:
    """Say whether a bridge that serves takes this key only when it starts."""
    if key.startswith("hooks.") and key.split(".")[2:3] == ["queue"]:
        return True  # its queue is read by a thread of its own
    return any(key == each or key.startswith(f"{each}.") for each in NEEDS_RESTART)


class SettingsReloader:
    """Hands out the settings of a bridge that serves, each time its file changed.

    `read` is what stood in the file when it was read last, `restart` the keys that are used only
    after a restart.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = settings.file
        self._stamp = self._stat()
        self._at_start = written_settings(settings.file)
        self._settings = settings
        self.read: Written = self._at_start
        self.restart: list[str] = []

    def changed(self) -> Settings | None:
        """Return the new settings where the file changed and is valid, else None."""
        stamp = self._stat()
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            return self._load()
        except ConfigurationError as error:
            _log.error("settings file is wrong, the settings stay as they were: %s", error)
            return None

    def _load(self) -> Settings:
        written, new = written_settings(self._file), load_settings(self._file)
        changed = differing_keys(self.read, written)
        self.read = written
        self.restart = [k for k in differing_keys(self._at_start, written) if needs_restart(k)]
        self._settings = _with_what_stays(new, self._settings)
        _log.info(
            "settings file read again: %s (%s)", self._file, ", ".join(changed) or "no change"
        )
        if self.restart:
            _log.warning("these settings need a restart of the bridge: %s", ", ".join(self.restart))
        return self._settings

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _with_what_stays(new: Settings, old: Settings) -> Settings:
    """Return the new settings with those of the old ones that need a restart."""
    ansible = new.ansible.model_copy(update={"apps_file": old.ansible.apps_file})
    concurrent_runs = old.deploy.concurrent_runs
    return new.model_copy(
        update={
            "state_dir": old.state_dir,
            "server": old.server,
            "poll": old.poll,
            "ansible": ansible,
            "deploy": new.deploy.model_copy(update={"concurrent_runs": concurrent_runs}),
        }
    )
