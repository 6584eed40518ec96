# SPDX-License-Identifier: GPL-3.0-or-later
"""The thread that reads a queue: what is stored, what is deleted, and in which order."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from tests.support.fake_queue import FakeQueue, message
from tests.support.waiting import wait_for
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.errors import StoreUnavailable
from webhook_bridge.queues import Message, QueueUnavailable
from webhook_bridge.queues.sqs import SqsTable
from webhook_bridge.service.queue_reader import Pauses, QueueReader
from webhook_bridge.sources import SOURCES
from webhook_bridge.store import Store, deliveries
from webhook_bridge.store.group_commit import GroupCommit

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/longshore"
TABLE = SqsTable(url=URL)
HOOK = Hook(
    "images", SOURCES["ecr"].model_validate({"source": "ecr", "queue": SqsTable(url=URL)}), ()
)
NO_PAUSES = Pauses(first=0.001, longest=0.001, empty=0.0)


@dataclass
class Storing:
    """Where deliveries go: `faults` are raised, one for each try, before any is stored."""

    groups: list[list[str]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    poison: bytes | None = None
    tries: int = 0
    refused: list[NewRejected] = field(default_factory=list)

    def accept(self, news: Sequence[NewDelivery]) -> None:
        self.tries += 1
        if self.faults:
            raise self.faults.pop(0)
        if any(new.body == self.poison for new in news):
            raise ValueError("it cannot be stored")
        self.groups.append([new.headers["Longshore-Message-Id"] for new in news])

    @property
    def stored(self) -> list[str]:
        return [identifier for group in self.groups for identifier in group]


@dataclass
class Reading:
    queue: FakeQueue
    storing: Storing
    reader: QueueReader
    stopping: threading.Event

    def stop(self) -> None:
        self.stopping.set()
        self.reader.wait_for_end(until=time.monotonic() + 30)


def reading_of(hook: Hook = HOOK, table: SqsTable = TABLE) -> Reading:
    queue, storing, stopping = FakeQueue(), Storing(), threading.Event()
    reader = QueueReader(
        hook,
        table,
        queue,
        secrets=lambda one: one.secrets,
        accept=storing.accept,
        note=storing.refused.append,
        stopping=stopping,
        pauses=NO_PAUSES,
    )
    return Reading(queue, storing, reader, stopping)


@pytest.fixture
def reading() -> Iterator[Reading]:
    made = reading_of()
    made.reader.start()
    yield made
    made.stop()
    made.queue.arrives.set()


def wait_until_deleted(queue: FakeQueue, *identifiers: str) -> None:
    wait_for(lambda: queue.deleted == [*identifiers], f"{identifiers} are deleted")


def test_what_comes_together_is_stored_together_and_deleted_after_that(reading: Reading) -> None:
    at_deletion: list[list[list[str]]] = []
    delete = reading.queue.delete
    reading.queue.delete = lambda messages: (  # type: ignore[method-assign]
        at_deletion.append([*reading.storing.groups]),
        delete(messages),
    )[1]
    reading.queue.send(message("a"), message("b"), message("c"))

    wait_until_deleted(reading.queue, "a", "b", "c")
    assert at_deletion == [[["a", "b", "c"]]]


def test_one_transaction_holds_all_that_came_together(store: Store) -> None:
    group = GroupCommit(store)
    news = [NewDelivery("images", "ecr", "sqs:q", {}, b"%d" % n, 1.0) for n in range(10)]

    identifiers = group.add_all(news)

    with store.read() as connection:
        found = {one.id: one.body for one in deliveries.latest(connection, limit=99)}
    assert [found[identifier] for identifier in identifiers] == [new.body for new in news]


def test_nothing_is_deleted_while_the_store_is_away_and_all_once_it_is_back(
    reading: Reading,
) -> None:
    reading.storing.faults = [StoreUnavailable("longshore.db: database is locked")] * 20
    reading.queue.send(message("a"), message("b"))

    wait_until_deleted(reading.queue, "a", "b")
    assert reading.storing.tries == 21
    assert reading.storing.groups == [["a", "b"]]
    # Nobody else got them meanwhile, and they were received once: no redrive policy counts more.
    assert reading.queue.hidden == ["a", "b"] * 20
    assert reading.queue.received <= 2


def test_a_store_that_is_locked_for_longer_than_it_waits_costs_no_message(
    store: Store, reading: Reading
) -> None:
    short = Store(store.file, busy_timeout_s=0.05)
    group = GroupCommit(short)
    other = sqlite3.connect(store.file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    accept = reading.storing.accept
    reading.reader._accept = lambda news: (group.add_all(news), accept(news))

    reading.queue.send(message("a"), message("b"))
    wait_for(lambda: len(reading.queue.hidden) >= 4, "it has tried twice")
    deleted_meanwhile = [*reading.queue.deleted]
    other.execute("ROLLBACK")
    other.close()
    wait_until_deleted(reading.queue, "a", "b")

    with short.read() as connection:
        assert len(deliveries.latest(connection, limit=9)) == 2
    short.close()
    assert deleted_meanwhile == []


def test_a_message_of_nobody_is_refused_noted_and_deleted() -> None:
    keys = {"source": "github", "queue": SqsTable(url=URL, proof="hook")}
    hook = Hook("images", SOURCES["github"].model_validate(keys), (b"s" * 43,))
    made = reading_of(hook, SqsTable(url=URL, proof="hook"))
    made.reader.start()
    made.queue.send(message("forged"))

    wait_until_deleted(made.queue, "forged")
    made.stop()
    made.queue.arrives.set()
    assert made.storing.stored == []
    [note] = made.storing.refused
    assert (note.hook, note.code) == ("images", "unauthorized")


def test_one_message_that_cannot_be_stored_keeps_no_other_from_it(reading: Reading) -> None:
    reading.storing.poison = b"poison"
    reading.queue.send(message("a"), message("bad", b"poison"), message("c"))

    wait_until_deleted(reading.queue, "a", "c")
    assert reading.storing.stored == ["a", "c"]
    assert reading.storing.refused == []


def test_a_message_that_can_never_be_stored_does_not_come_for_ever(reading: Reading) -> None:
    reading.storing.poison = b"poison"
    for times in range(1, 6):
        reading.queue.polling.clear()
        reading.queue.send(message("bad", b"poison", times=times))
        wait_for(reading.queue.polling.is_set, "it is looked at")

    wait_until_deleted(reading.queue, "bad")
    [note] = reading.storing.refused
    assert note.excerpt == b"poison"
    assert (note.code, note.detail) == (
        "internal_error",
        "an internal error in each of 5 tries: see the bridge's log",
    )


def test_a_message_that_a_fault_keeps_from_being_read_keeps_no_other_from_it(
    reading: Reading,
) -> None:
    unreadable = message("bad")
    object.__setattr__(unreadable, "headers", None)  # no service hands that over
    last = replace(unreadable, times_received=5)

    reading.queue.send(message("a"), unreadable)
    wait_until_deleted(reading.queue, "a")
    reading.queue.send(message("b"), last)
    wait_until_deleted(reading.queue, "a", "bad", "b")

    assert reading.storing.stored == ["a", "b"]
    assert [note.excerpt for note in reading.storing.refused] == [b""]


def test_a_queue_that_fails_is_asked_again_and_says_why_once(
    reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    wait_for(reading.queue.polling.is_set, "it polls")
    reading.queue.problem = "AccessDenied: not for you"
    with caplog.at_level(logging.INFO):
        reading.queue.arrives.set()
        wait_for(lambda: reading.queue.received > 5, "it is asked again")
        problem = reading.reader.problem()
        reading.queue.problem = None
        reading.queue.send(message("a"))
        wait_until_deleted(reading.queue, "a")

    assert problem == "hook images: sqs:longshore: AccessDenied: not for you"
    assert reading.reader.problem() is None
    assert caplog.text.count("AccessDenied: not for you") == 1
    assert "works again" in caplog.text


def test_what_could_not_be_deleted_is_not_stored_again_when_it_comes_again(
    reading: Reading,
) -> None:
    delete, tries = reading.queue.delete, 3

    def refuse(messages: Sequence[Message]) -> None:
        nonlocal tries
        tries -= 1
        if not tries:
            reading.queue.delete = delete  # type: ignore[method-assign]
        reading.queue.send(*messages)
        raise QueueUnavailable("AccessDenied: sqs:deletemessage")

    reading.queue.delete = refuse  # type: ignore[method-assign]
    reading.queue.send(message("a"))
    wait_until_deleted(reading.queue, "a")
    reading.queue.send(message("b"))
    wait_until_deleted(reading.queue, "a", "b")

    assert reading.storing.stored == ["a", "b"]
    assert reading.queue.received >= 4


def test_stopping_does_not_wait_for_a_long_poll_whose_messages_are_given_back(
    reading: Reading,
) -> None:
    wait_for(reading.queue.polling.is_set, "it polls")

    reading.stop()  # the poll goes on: only the messages below end it
    reading.queue.send(message("late"))

    wait_for(lambda: reading.queue.given_back == ["late"], "it is given back")
    assert reading.storing.stored == []
    assert reading.queue.deleted == []


def test_stopping_while_the_store_is_away_gives_back_what_is_in_hand(reading: Reading) -> None:
    reading.storing.faults = [StoreUnavailable("locked")] * 1_000_000
    reading.queue.send(message("a"))
    wait_for(lambda: reading.storing.tries > 2, "it is tried")

    reading.stop()

    assert reading.queue.given_back == ["a"]
    assert reading.queue.deleted == []


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Pauses(first=1.0, longest=30.0)

    assert [pauses.after(failures) for failures in (1, 2, 3, 4, 5, 6, 500)] == [
        *(1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0)
    ]
    assert pauses.empty > 0
