# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sqlite3

from webhook_bridge.store import Store
from webhook_bridge.store.readiness import Readiness


def test_a_store_that_can_be_read_but_not_written_is_not_ready(store: Store) -> None:
    assert Readiness(store).problem() is None

    # Held by another program, the database refuses what a full disk refuses: every write.
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    locked = Readiness(Store(store.file, busy_timeout_s=0.05), interval_s=0)
    problem = locked.problem()
    other.execute("ROLLBACK")
    other.close()

    assert problem is not None
    assert "longshore.db" in problem
    assert locked.problem() is None
    locked._store.close()


def test_many_questions_cost_one_check(store: Store) -> None:
    readiness = Readiness(store)
    assert readiness.problem() is None
    store.close()
    store.file.unlink()

    assert readiness.problem() is None
