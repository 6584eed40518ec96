# SPDX-License-Identifier: GPL-3.0-or-later
"""What `longshore cancel` ends, and what it refuses."""

from __future__ import annotations

import pytest

from tests.support.commands import V1, longshore
from tests.support.installation import Installation
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.runs import leases
from webhook_bridge.store import releases
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_run_that_has_ended_cannot_be_canceled(installation: Installation, filled: str) -> None:
    done = longshore("cancel", filled, config=installation.file)

    assert done.returncode == 4
    assert "has ended already: failed" in done.stderr


def test_a_cancel_ends_a_run_whose_process_is_gone(installation: Installation) -> None:
    store = open_store(installation.settings().state_dir)
    new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)
        work = leases.acquire(connection, "shop", worker="nobody", now=2.0)
        assert work is not None
    store.close()

    done = longshore("cancel", work.run.id, config=installation.file)

    assert done.returncode == 0, done.stderr
    assert "canceled: no host was switched" in done.stdout
