# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.databases import lay_database
from tests.support.deploying import Deploying
from tests.support.installation import Installation
from webhook_bridge.store import Store

# The same examples in every run, and no limit of time on one: a test that fails only now and then,
# or only on a busy machine, tells nobody anything.
settings.register_profile(
    "longshore", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("longshore")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database with the current schema."""
    file = tmp_path / "store" / "longshore.db"
    lay_database(file)
    opened = Store(file)
    yield opened
    opened.close()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A folder of settings whose registry nobody answers for."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder)


@pytest.fixture
def deploying(installation: Installation, tmp_path: Path) -> Iterator[Deploying]:
    temporary = tmp_path / "t"
    temporary.mkdir()
    made = Deploying(installation, temporary)
    yield made
    for pid in made.alive():
        os.kill(pid, signal.SIGKILL)
