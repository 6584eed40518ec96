# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.installation import Installation
from webhook_bridge.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database with the current schema."""
    opened = Store(tmp_path / "store" / "longshore.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A folder of settings whose registry nobody answers for."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder)
