# SPDX-License-Identifier: GPL-3.0-or-later
"""An intake at work and the registry that it asks, for the modules of this folder that test it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.receiving import V1, Receiving
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.store import Store


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(latest=V1) as running:
        yield running


@pytest.fixture
def receiving(tmp_path: Path, registry: TagRegistry, store: Store) -> Iterator[Receiving]:
    """An intake that has the patience of a test: every wait between two tries is short."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    made = Receiving(Installation(folder, registry=registry.host), registry, store)
    made.start()
    yield made
    made.stop()
