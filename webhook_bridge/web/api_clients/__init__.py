# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that other tools import: made of the OpenAPI document, and carried by the wheel."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

FILES = Path(str(files("webhook_bridge.web.api_clients"))) / "files"
_BRUNO = "bruno"
# The earliest that a zip can say: the same files are the same bytes each time.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def client_files() -> Mapping[str, bytes]:
    """Return the files by the names that they are downloaded as; a folder is a zip of it."""
    single = {path.name: path.read_bytes() for path in sorted(FILES.glob("*.json"))}
    # The bridge gives its own, with its address, under this name.
    single.pop("openapi.json", None)
    return {**single, f"{_BRUNO}.zip": _zipped(FILES / _BRUNO)}


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            name = f"longshore/{path.relative_to(folder).as_posix()}"
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), path.read_bytes())
    return packed.getvalue()
