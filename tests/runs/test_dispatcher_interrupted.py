# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that were cut off: by a fault, by a stop of the bridge, by its death."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from tests.support.dispatching import (
    V1,
    V2,
    Play,
    Running,
    all_well,
    nothing_before,
    report,
    until_stopped,
)
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.runs import dispatcher, leases
from webhook_bridge.runs.dispatcher import Dispatcher


@pytest.mark.parametrize(
    "play",
    [
        lambda _work, _stop: RunReport(None, (), (), "killed"),
        lambda _work, _stop: (_ for _ in ()).throw(OSError("no space left")),
        lambda _work, _stop: (_ for _ in ()).throw(ValueError("a fault of ours")),
    ],
    ids=["killed", "cannot start", "a fault of ours"],
)
def test_a_run_that_did_not_end_well_in_itself_is_tried_three_times(
    running: Running, play: Play
) -> None:
    running.play = play

    running.settle_after(V1)

    assert running.states() == ["interrupted"] * 3
    assert all(run.reason for run in running.runs())
    assert running.held() == {}


def test_a_run_that_was_interrupted_once_succeeds_the_second_time(running: Running) -> None:
    running.play = lambda work, _stop: (
        RunReport(None, (), (), "killed") if len(running.played) == 1 else report(work)
    )

    running.settle_after(V1)

    assert running.states() == ["interrupted", "succeeded"]


def test_what_a_dead_worker_left_is_taken_over(running: Running) -> None:
    running.stop()
    running.desire(V1)
    program = """
import os, sys, time; from pathlib import Path
from webhook_bridge.runs import leases
from webhook_bridge.store import Store
from webhook_bridge.file_locks import WorkerIdentity
worker = WorkerIdentity(Path(sys.argv[2]))
with Store(Path(sys.argv[1])).write() as c:
    assert leases.acquire(c, "shop", worker=worker.id, now=time.time())
os._exit(9)
"""
    arguments = [str(running.store.file), str(running.installation.state)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert running.row().owner is not None

    running.start()
    running.settle()

    assert running.states() == ["interrupted", "succeeded"]


def test_what_a_run_reported_before_its_bridge_died_is_kept_for_the_way_back(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.stop()
    running.desire(V2)
    program = """
import json, os, sys, time; from pathlib import Path
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.runs import leases
from webhook_bridge.store import Store
from webhook_bridge.file_locks import WorkerIdentity
state = Path(sys.argv[2])
worker = WorkerIdentity(state)
with Store(Path(sys.argv[1])).write() as c:
    work = leases.acquire(c, "shop", worker=worker.id, now=time.time())
files = RunFiles.of(state, work.run.id)
files.folder.mkdir(parents=True)
outcome = {"event": "outcome", "host": "h1", "outcome": "updated", "step": "switch",
           "digest": work.release.digest,
           "previous": {"container": "of-h1", "digest": "sha256:" + "1" * 64}}
files.events.write_text(json.dumps(outcome) + "\\n")
os._exit(9)
"""
    arguments = [str(running.store.file), str(running.installation.state)]
    subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    running.play = lambda work, _stop: (
        nothing_before(report(work, 2, h1="unchanged", h2="restored", h3="skipped"))
        if work.release.digest == V2
        else report(work)
    )

    running.start()
    running.settle()

    assert running.states() == ["succeeded", "interrupted", "restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}


def test_an_app_of_a_living_worker_is_left_to_it(running: Running) -> None:
    running.installation.write_app("shop", "other")
    other = dispatcher.WorkerIdentity(running.installation.state)
    running.stop()
    running.desire(V1)
    with running.store.write() as connection:
        leases.acquire(connection, "shop", worker=other.id, now=time.time())

    running.start()
    running.desire(V1, app="other")
    running.settle("other")

    assert running.row().owner == other.id
    other.close()


def test_a_stop_lets_a_run_end_that_ends_in_time(running: Running) -> None:
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(60), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the run")
    threading.Timer(0.1, go_on.set).start()

    running.stop(drain=10)

    assert running.states() == ["succeeded"]


def test_a_stop_ends_a_run_that_does_not_and_the_next_start_runs_it_again(
    running: Running,
) -> None:
    running.play = until_stopped
    running.desire(V1)
    wait_for(lambda: running.played, "the run")

    running.stop(drain=0.05)
    assert running.states() == ["interrupted"]
    assert running.row().attempts == 0

    running.play = all_well
    running.start()
    running.settle()
    assert running.states() == ["interrupted", "succeeded"]


def test_a_run_in_the_foreground_that_is_ended_is_not_begun_again(running: Running) -> None:
    running.stop()
    running.play = until_stopped
    running.desire(V1)
    apps = AppsFile(running.installation.apps_file)
    settings = running.installation.settings()
    foreground = Dispatcher(settings, running.store, apps, run=running._execute)
    thread = threading.Thread(target=foreground.run_now, args=("shop",), daemon=True)
    thread.start()
    wait_for(lambda: running.played, "the run")

    foreground.end_runs()
    thread.join(60)

    assert not thread.is_alive()
    assert len(running.played) == 1
