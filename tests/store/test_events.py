# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.config.retention import Keep
from webhook_bridge.domain.events import NewEvent, WantedEvents
from webhook_bridge.store import Store, events, pruning

STARTED = NewEvent("run.started", "hook hub", 1.0, "shop", "r1", "run1", data={"kind": "deploy"})
LIFTED = NewEvent("hold.lifted", "cli:me@here", 2.0, "shop", data={"digest": "sha256:1"})
DRIFTED = NewEvent("host.drift", "bridge", 3.0, "blog", "r2", "run2", "h1")
REPEATED = NewEvent("delivery.repeated", "token:api", 4.0, delivery="d1")
ALL = (STARTED, LIFTED, DRIFTED, REPEATED)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as connection:
        events.record(connection, *ALL)
    return store


def kinds(store: Store, *, limit: int = 9, **wanted: object) -> list[str]:
    with store.read() as connection:
        found = events.matching(connection, WantedEvents(**wanted), limit=limit)
    return [one.kind for one in found]


def test_an_event_is_read_as_it_was_recorded(filled: Store) -> None:
    with filled.read() as connection:
        found = events.matching(connection, WantedEvents(after=0), limit=9)

    assert [one.seq for one in found] == [1, 2, 3, 4]
    read = [{key: value for key, value in vars(one).items() if key != "seq"} for one in found]
    assert read == [vars(one) for one in ALL]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["delivery.repeated", "host.drift", "hold.lifted", "run.started"]),
        ({"app": "shop"}, ["hold.lifted", "run.started"]),
        ({"actor": "bridge"}, ["host.drift"]),
        ({"kind": "run.started"}, ["run.started"]),
        ({"since": 3.0}, ["delivery.repeated", "host.drift"]),
        ({"after": 2}, ["host.drift", "delivery.repeated"]),
        ({"after": 0, "app": "shop"}, ["run.started", "hold.lifted"]),
        ({"app": "shop", "actor": "bridge"}, []),
    ],
)
def test_the_newest_come_first_and_after_a_known_one_the_oldest(
    filled: Store, wanted: dict[str, object], expected: list[str]
) -> None:
    assert kinds(filled, **wanted) == expected


def test_a_limit_takes_the_next_ones(filled: Store) -> None:
    assert kinds(filled, limit=1) == ["delivery.repeated"]
    assert kinds(filled, limit=1, after=1) == ["hold.lifted"]


def test_an_event_is_undone_with_its_change(store: Store) -> None:
    with store.dry_run() as connection:
        events.record(connection, STARTED)

    assert kinds(store) == []


def test_old_events_are_removed_and_no_seq_comes_twice(filled: Store) -> None:
    assert pruning.prune_events(filled, Keep(number=3, age=100.0), now=4.0) == 1
    assert pruning.prune_events(filled, Keep(number=9, age=0.5), now=4.0) == 2
    assert kinds(filled) == ["delivery.repeated"]
    assert pruning.prune_events(filled, Keep(number=1, age=1.0), now=99.0) == 1

    with filled.write() as connection:
        events.record(connection, STARTED)

    with filled.read() as connection:
        assert events.last_seq(connection) == 5
