# SPDX-License-Identifier: GPL-3.0-or-later
"""When a newer release takes over from a rollout."""

from __future__ import annotations

import threading

from tests.support.dispatching import V1, V2, V3, Running, report, stop_after_the_canary
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.operations.rollback import rollback


def test_a_newer_push_takes_over_after_the_batch_and_undoes_nothing(running: Running) -> None:
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")
    assert running.why_stop() is None

    running.desire(V3)
    running.settle()

    assert running.states() == ["succeeded", "superseded", "succeeded"]
    assert running.played[-1].release.digest == V3
    assert running.held() == {}


def test_an_app_may_finish_a_rollout_before_a_newer_one(running: Running) -> None:
    running.declare(rollout={"supersede": "finish"})
    go_on = threading.Event()
    running.play = lambda work, _stop: (go_on.wait(60), report(work))[1]
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    running.desire(V2)

    assert running.why_stop() is None
    go_on.set()
    running.settle()
    assert running.states() == ["succeeded", "succeeded"]


def test_a_rollback_takes_over_from_a_rollout_that_would_finish_before_a_newer_one(
    running: Running,
) -> None:
    running.declare(rollout={"supersede": "finish"})
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")

    apps = AppsFile(running.installation.apps_file).current()
    rollback(running.store, apps, name="shop", actor="me")
    running.settle()

    assert running.states() == ["succeeded", "superseded", "succeeded"]
    assert (running.played[-1].run.kind, running.desired()) == ("rollback", V1)
