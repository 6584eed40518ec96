# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.events import NewEvent
from webhook_bridge.store import Store, events


def add(store: Store) -> None:
    with store.write() as connection:
        events.record(connection, NewEvent("app.removed", "me", 1.0))


def test_the_count_stays_while_nothing_is_committed(store: Store) -> None:
    with store.dry_run() as connection:
        events.record(connection, NewEvent("app.removed", "me", 1.0))

    assert store.change_count() == store.change_count()


def test_the_count_is_another_one_after_a_commit(store: Store) -> None:
    before = store.change_count()
    add(store)

    assert store.change_count() != before


def test_the_count_is_another_one_after_a_commit_of_another_process(store: Store) -> None:
    before = store.change_count()
    other = Store(store.file)
    add(other)
    other.close()

    assert store.change_count() != before
