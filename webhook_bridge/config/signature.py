# SPDX-License-Identifier: GPL-3.0-or-later
"""By whom an app's images must be signed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from webhook_bridge.config.durations import Duration
from webhook_bridge.config.table import Table
from webhook_bridge.signatures.keys import CosignKeys, read_keys


def _keys(value: object, information: ValidationInfo) -> CosignKeys:
    """Read the keys; a path is relative to the apps file, whose folder the context names."""
    if isinstance(value, CosignKeys):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError("must be the path of a public key, relative to this file")
    folder = (information.context or {}).get("folder", Path())
    return read_keys(folder / value)


class Signature(Table):
    """The key, and how long a signature may come after its image."""

    cosign_key: Annotated[CosignKeys, BeforeValidator(_keys)]
    wait: Duration = 60.0
