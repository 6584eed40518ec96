# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ends that somebody canceled."""

from __future__ import annotations

import time

import pytest

from tests.support.dispatching import (
    V1,
    V2,
    Running,
    cancel_the_run,
    nothing_before,
    report,
    stop_after_the_canary,
    until_stopped,
)
from tests.support.waiting import wait_for
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.errors import Refused
from webhook_bridge.runs import leases


def test_a_host_that_a_canceled_try_of_the_same_digest_had_switched_returns_too(
    running: Running,
) -> None:
    running.settle_after(V1)
    running.play = stop_after_the_canary(running)
    running.desire(V2)
    wait_for(lambda: len(running.played) == 2, "the rollout")
    cancel_the_run(running)
    running.settle()
    running.play = lambda work, _stop: (
        nothing_before(report(work, 2, h1="unchanged", h2="restored", h3="skipped"))
        if work.release.digest == V2
        else report(work)
    )

    running.settle_after(V2)

    assert running.states() == ["succeeded", "canceled", "restored", "succeeded"]
    assert running.played[-1].run.restore_targets == {"h1": KeptContainer("of-h1", V1)}


def test_a_canceled_rollout_ends_after_its_batch_and_is_not_begun_again(running: Running) -> None:
    running.play = stop_after_the_canary(running)
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")

    cancel_the_run(running)
    running.settle()

    [run] = running.runs()
    assert (run.state, run.canceled_by) == ("canceled", "me")
    assert "h1 run it, h2, h3 keep what they run" in run.reason
    assert running.held() == {}


def test_a_canceled_run_that_is_cut_off_is_not_begun_again(running: Running) -> None:
    running.play = until_stopped
    running.desire(V1)
    wait_for(lambda: running.played, "the rollout")
    cancel_the_run(running)

    running.stop(drain=0)
    running.start()
    running.settle()

    assert running.states() == ["canceled"]


def test_a_canceled_run_whose_bridge_died_is_not_begun_again(running: Running) -> None:
    running.stop()
    running.desire(V1)
    with running.store.write() as connection:
        leases.acquire(connection, "shop", worker="nobody", now=time.time())
    cancel_the_run(running)

    running.start()
    running.settle()

    assert running.states() == ["canceled"]


def test_a_run_that_has_ended_cannot_be_canceled(running: Running) -> None:
    running.settle_after(V1)

    with pytest.raises(Refused, match="has ended already: succeeded"):
        cancel_the_run(running)
