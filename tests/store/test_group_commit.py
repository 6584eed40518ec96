# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.store import Store, deliveries
from webhook_bridge.store.group_commit import GroupCommit

NEW = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "longshore.db", busy_timeout_s=0.2)
    made.migrate()
    yield made
    made.close()


def stored(store: Store) -> set[str]:
    with store.read() as connection:
        return {one.id for one in deliveries.latest(connection, limit=10_000)}


def test_every_id_that_is_returned_is_stored_once(store: Store) -> None:
    group = GroupCommit(store)

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: group.add(NEW), range(400)))

    assert len(set(ids)) == 400
    assert stored(store) == set(ids)


def test_what_could_not_be_stored_is_told_to_each_and_the_next_is_taken(store: Store) -> None:
    group = GroupCommit(store)
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    def add(_: int) -> str | None:
        try:
            return group.add(NEW)
        except StoreUnavailable:
            return None

    with ThreadPoolExecutor(8) as pool:
        during = list(pool.map(add, range(8)))
    other.execute("ROLLBACK")
    other.close()
    after = group.add(NEW)

    assert stored(store) == {one for one in [*during, after] if one is not None}
    assert None in during
