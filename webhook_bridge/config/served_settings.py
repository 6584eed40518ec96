# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings the bridge that serves uses, told through a file in its state folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from webhook_bridge.config.settings_reloader import SettingsReloader, Written, differing_keys


@dataclass(frozen=True)
class ServedSettings:
    """What a bridge read last, by dotted key, and the keys of it that need a restart."""

    read: dict[str, Any]
    restart: list[str] = field(default_factory=list)

    def has(self, written: Written) -> bool:
        """Say whether the bridge has read these settings, as far as it reads them."""
        return not differing_keys(self.read, _as_json(written))

    def missing(self, written: Written) -> list[str]:
        """Return the keys of these settings that the bridge does not use."""
        return sorted({*differing_keys(self.read, _as_json(written)), *self.restart})


def _file(state_dir: Path) -> Path:
    return state_dir / "served-settings.json"


def tell(state_dir: Path, reloader: SettingsReloader) -> None:
    """Write what a bridge uses by now, as a whole at once."""
    file = _file(state_dir)
    new = file.with_suffix(".new")
    told = ServedSettings(_as_json(reloader.read), reloader.restart)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(asdict(told), opened)
    new.replace(file)


def forget(state_dir: Path) -> None:
    """Remove what a bridge told that ends."""
    _file(state_dir).unlink(missing_ok=True)


def served_settings(state_dir: Path) -> ServedSettings | None:
    """Return what the bridge told that serves; None where it told nothing that can be read."""
    try:
        return ServedSettings(**json.loads(_file(state_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _as_json(written: Written) -> dict[str, Any]:
    """Return values as JSON keeps them: a date becomes a text."""
    found: dict[str, Any] = json.loads(json.dumps(dict(written), default=str))
    return found
