# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the bridge itself cost no run, no slot and no app."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from typing import Any

import pytest

from tests.support.dispatching import V1, Running, report
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.runs import Work
from webhook_bridge.runs import dispatcher
from webhook_bridge.store import Store


def test_the_end_of_a_run_is_stored_although_the_database_was_away_for_a_moment(
    installation: Installation, running: Running
) -> None:
    running.stop()
    store = Store(running.store.file, busy_timeout_s=0.02)
    other = sqlite3.connect(store.file, isolation_level=None, check_same_thread=False)
    again = Running(installation, store)
    taken = threading.Event()

    def hold_the_database(work: Work, _stop: threading.Event) -> RunReport:
        other.execute("BEGIN EXCLUSIVE")
        taken.set()
        threading.Timer(0.5, other.rollback).start()
        return report(work)

    again.play = hold_the_database
    again.desire(V1)
    again.start()
    wait_for(taken.is_set, "the database is taken")
    wait_for(lambda: not other.in_transaction, "the database is free again")

    again.settle()

    assert again.states()[-1] == "succeeded"
    again.stop(drain=0)
    store.close()
    other.close()


def test_claims_that_fail_cost_no_slot(
    installation: Installation, running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.stop()
    store = Store(running.store.file, busy_timeout_s=0.02)
    again = Running(installation, store)
    again.desire(V1)
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    again.start()
    wait_for(lambda: sum("dispatch:" in line for line in caplog.messages) > 3, "four failed claims")
    other.execute("ROLLBACK")
    other.close()
    again.settle()

    assert again.states()[-1] == "succeeded"
    again.stop(drain=0)
    store.close()


def test_a_run_whose_thread_cannot_be_started_gives_its_app_back(
    monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    start, failures = threading.Thread.start, itertools.count()

    def refuse_once(thread: threading.Thread) -> None:
        if thread.name.startswith("run-") and next(failures) == 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]
    assert "can't start new thread" in running.runs()[0].reason


def test_a_fault_in_the_conclusion_of_a_run_leaves_no_app_claimed(
    monkeypatch: pytest.MonkeyPatch, running: Running
) -> None:
    judge, failures = dispatcher.result_of, itertools.count()

    def fail_once(*arguments: Any, **named: Any) -> Any:
        if next(failures) == 0:
            raise ZeroDivisionError
        return judge(*arguments, **named)

    monkeypatch.setattr(dispatcher, "result_of", fail_once)

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]
