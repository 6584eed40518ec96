# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sqlite3

import pytest

from webhook_bridge.store import Store, database, readiness
from webhook_bridge.store.readiness import Readiness


def test_a_store_that_can_be_read_but_not_written_is_not_ready(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_LOOK_AT_MOST_EVERY_S", 0.0)
    observe = Readiness(store)
    assert observe.problem() is None

    # Held by another program, the database refuses what a full disk refuses: every write.
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_MS", 50)
    locked = Readiness(Store(store.file))
    problem = locked.problem()
    other.execute("ROLLBACK")
    other.close()

    assert problem is not None
    assert "longshore.db" in problem
    assert locked.problem() is None
    locked._store.close()


def test_many_questions_cost_one_look(store: Store) -> None:
    observe = Readiness(store)
    assert observe.problem() is None
    store.close()
    store.file.unlink()

    assert observe.problem() is None
