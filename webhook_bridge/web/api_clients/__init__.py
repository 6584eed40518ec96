# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that other tools import: made of the OpenAPI document, and carried by the wheel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path


@cache
def client_files() -> Mapping[str, bytes]:
    """Return the files by their names."""
    folder = Path(str(files("webhook_bridge.web.api_clients"))) / "files"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*"))}
