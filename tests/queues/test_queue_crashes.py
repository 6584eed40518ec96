# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred messages, a kill at each point, a store that is away: the same for every queue."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.queue_kinds import KINDS, WaitingQueue
from tests.support.queued import NOBODYS, Queued
from tests.support.waiting import wait_for

POINTS = ("after_receive", "before_insert", "before_commit", "after_commit", "after_delete")
MESSAGES = 200
_IN_HAND = 10
_ALL = [
    pytest.param("azure"),
    pytest.param("pubsub", marks=pytest.mark.nightly),
    pytest.param("sqs", marks=pytest.mark.nightly),  # what is hidden takes its time there
]


@pytest.fixture(params=_ALL)
def waiting(request: pytest.FixtureRequest) -> Iterator[WaitingQueue]:
    with KINDS[request.param]() as made:
        yield made


@pytest.fixture
def queued(tmp_path: Path, waiting: WaitingQueue) -> Queued:
    made = Queued(Installation(tmp_path), waiting.keys, waiting.environ)
    made.write_settings()
    return made


def ids(queued: Queued) -> list[str]:
    return [one.headers["Longshore-Message-Id"] for one in queued.stored()]


def test_a_kill_at_any_point_loses_no_message_and_each_delivery_has_one_verdict(
    waiting: WaitingQueue, queued: Queued
) -> None:
    sent = [waiting.put(NOBODYS) for _ in range(MESSAGES)]
    for point in POINTS:
        assert queued.serve_until_it_dies(point) == -signal.SIGKILL
        waiting.expire()
        # What is gone from the queue is on the disk.
        assert waiting.left() >= MESSAGES - len(set(ids(queued)))
    with queued.serving():
        wait_for(lambda: waiting.left() == 0, "the queue is empty", seconds=240, pause=0.2)
        found = queued.decided(len(queued.stored()))

    times = Counter(one.headers["Longshore-Message-Id"] for one in found)
    assert set(times) == set(sent)
    assert sum(times.values()) - MESSAGES <= _IN_HAND * len(POINTS)
    assert {one.verdict for one in found} <= {"tag_not_tracked", "duplicate"}
    assert waiting.given_up() == 0


def test_nothing_is_deleted_while_the_store_is_away_and_all_of_it_is_stored_after_that(
    waiting: WaitingQueue, queued: Queued
) -> None:
    with queued.serving():
        other = sqlite3.connect(
            queued.installation.state / "longshore.db", isolation_level=None, timeout=30
        )
        other.execute("BEGIN EXCLUSIVE")
        sent = [waiting.put(NOBODYS) for _ in range(MESSAGES)]
        # Its database waits for 5 s before it says so.
        told = "hook hub: "
        wait_for(lambda: told in queued.log.partition("come through")[2], "it is said", seconds=120)
        left = waiting.left()
        other.execute("ROLLBACK")
        other.close()
        wait_for(lambda: waiting.left() == 0, "the queue is empty", seconds=240, pause=0.2)
        found = queued.decided(len(queued.stored()))

    assert left == MESSAGES
    assert {one.headers["Longshore-Message-Id"] for one in found} == set(sent)
    assert waiting.given_up() == 0
