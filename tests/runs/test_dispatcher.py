# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dispatcher runs, and how many runs at once."""

from __future__ import annotations

import threading

import pytest

from tests.support.dispatching import HOSTS, V1, V2, Running, report
from tests.support.waiting import wait_for
from webhook_bridge.store import runs


def test_a_wish_is_run_and_its_outcomes_are_stored(running: Running) -> None:
    running.settle_after(V1)

    [run] = running.runs()
    assert (run.state, run.kind, run.hosts) == ("succeeded", "deploy", ())
    with running.store.read() as connection:
        assert [one.host for one in runs.outcomes(connection, run.id)] == list(HOSTS)


def test_a_wish_that_another_process_stored_is_found_without_being_woken(
    running: Running,
) -> None:
    dispatcher, running.dispatcher = running.dispatcher, None
    running.desire(V1)
    running.dispatcher = dispatcher

    running.settle()

    assert running.states() == ["succeeded"]


def test_twenty_pushes_during_a_run_are_one_more_run_and_the_newest_wins(
    running: Running,
) -> None:
    release_it = threading.Event()
    running.play = lambda work, _stop: (release_it.wait(60), report(work))[1]
    digests = [f"sha256:{number:064x}" for number in range(20)]
    running.desire(digests[0])
    wait_for(lambda: running.played, "the first run")
    for digest in digests[1:]:
        running.desire(digest)

    release_it.set()
    running.settle()

    assert [work.release.digest for work in running.played] == [digests[0], digests[-1]]
    assert running.most_at_once == 1


def test_two_apps_run_side_by_side(running: Running) -> None:
    running.installation.write_app("shop", "other")
    together = threading.Barrier(2, timeout=10)
    running.play = lambda work, _stop: (together.wait(), report(work))[1]

    running.desire(V1)
    running.desire(V1, app="other")

    running.settle()
    running.settle("other")


def test_no_more_apps_run_at_once_than_the_settings_say(running: Running) -> None:
    names = [f"app{number}" for number in range(5)]
    running.installation.write_app(*names)
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(60), report(work))[1]
    for name in names:
        running.desire(V1, app=name)
    wait_for(lambda: len(running.played) == 2, "two runs")

    assert len(running.runs()) == 2
    go_on.set()
    for name in names:
        running.settle(name)


def test_a_failed_run_is_not_repeated_by_itself(running: Running) -> None:
    running.play = lambda work, _stop: report(work, 2, h1="failed", h2="skipped", h3="skipped")

    running.settle_after(V1)

    assert running.states() == ["failed"]


def test_no_run_starts_while_the_apps_file_is_wrong(running: Running) -> None:
    right = running.installation.apps_file.read_text()
    running.installation.apps_file.write_text("apps: {shop: [")
    running.desire(V1)
    running.wait_for_rounds(3)
    assert running.played == []

    running.installation.apps_file.write_text(right)
    running.settle()

    assert running.states() == ["succeeded"]


def test_an_app_that_left_the_file_is_logged_once(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    running.settle_after(V1)

    running.installation.write_app("other")

    wait_for(lambda: "app shop has left the apps file" in caplog.text, "it is logged")
    running.desire(V2, app="other")
    running.settle("other")
    assert sum("has left the apps file" in line for line in caplog.messages) == 1
