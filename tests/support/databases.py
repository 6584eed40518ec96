# SPDX-License-Identifier: GPL-3.0-or-later
"""Empty databases with the current schema: migrated once in a session, then copied."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from webhook_bridge.store import Store


def lay_database(file: Path) -> None:
    """Put one there, as the bridge would have made it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(_migrated())


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "longshore.db"
        store = Store(file)
        store.migrate()
        store.close()
        assert list(Path(folder).iterdir()) == [file]  # nothing waits in a log beside it
        return file.read_bytes()
