# SPDX-License-Identifier: GPL-3.0-or-later
"""A dispatcher at work, for the modules of this folder that test it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.dispatching import Running
from tests.support.installation import Installation
from webhook_bridge.store import Store


@pytest.fixture
def running(
    installation: Installation, store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    installation.write_settings('catch_up_every = "0.1s"\ncatch_up_at_most_every = "0.2s"')
    made = Running(installation, store)
    made.start()
    yield made
    made.stop(drain=0)
