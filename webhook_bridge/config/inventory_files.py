# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an inventory can change without a change of its files: by a plugin, or by a program.

What a person wrote into a file is believed at once; a cloud may answer with half of what there is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.inventory import LossPolicy

# As Ansible's plugin `auto` finds out: a YAML file with the key `plugin`.
_PLUGIN = re.compile(rb"(?m)^\s*[\"']?plugin[\"']?\s*:")
_VARIABLES = ("group_vars", "host_vars")


# How far apart two readings have to be, where nobody reads by itself: half of this.
_READ_AGAIN_S = 60.0
_ALL = 1.0


def loss_policy(settings: Settings) -> LossPolicy:
    """Return how many of an app's hosts one reading of the inventory may lose."""
    twice_after = (settings.inventory.every or _READ_AGAIN_S) / 2
    static = static_fingerprint(settings.ansible.inventory) is not None
    return LossPolicy(_ALL if static else settings.inventory.max_loss, twice_after)


def static_fingerprint(inventory: Path) -> tuple[object, ...] | None:
    """Return what changes when an inventory of plain files changes; None for one that asks others.

    One that cannot be looked at is taken for one of these.
    """
    try:
        files = sorted(_files(inventory))
        if not files or any(_is_dynamic(file, inventory) for file in files):
            return None
        return tuple((str(file), _stamp(file)) for file in files)
    except OSError:
        return None


def _files(inventory: Path) -> list[Path]:
    if not inventory.is_dir():
        return [inventory]
    return [file for file in inventory.rglob("*") if file.is_file()]


def _is_dynamic(file: Path, inventory: Path) -> bool:
    if set(file.relative_to(inventory).parts) & set(_VARIABLES):
        return False
    return os.access(file, os.X_OK) or _PLUGIN.search(file.read_bytes()) is not None


def _stamp(file: Path) -> tuple[int, int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino
