# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a run: the wait for health and the way back are parts of their own."""

from __future__ import annotations

from tests.support.claimed_app import V1
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps
from webhook_bridge.domain.runs import NewRun, Run
from webhook_bridge.operations.waterfall import Waterfall, waterfall
from webhook_bridge.store import Store, deliveries, releases, run_steps, runs

NOW = 1_700_000_000.0


def steps_at(at: float, *, wait: float) -> RunSteps:
    """Return a canary that waits so long, and two batches of one host: the last is put back."""
    steps, batches, began = [], [], at
    for number, host in enumerate(("h1", "h2", "h3")):
        healthy = began + 1 + wait
        ended = healthy + 4 * (number == 2)
        steps.append(HostStep(host, "switch", began, ended, good=number < 2))
        steps.append(HostStep(host, "health", began + 1, healthy, good=number < 2))
        if number == 2:
            steps.append(HostStep(host, "way_back", healthy, ended, good=True))
        batches.append(Batch((host,), began))
        began = ended + 1
    return RunSteps(tuple(steps), tuple(batches))


def rollout(store: Store, *, at: float, wait: float) -> Run:
    with store.write() as connection:
        identifier = deliveries.add(connection, NewDelivery("hub", "x", "::1", {}, b"{}", at))
        deliveries.decide(
            connection, identifier, code="released", detail="", now=at + 1, stored_at=at + 0.25
        )
        new = NewRelease("shop", "r/shop", "latest", V1, "delivery", "hook:hub", identifier)
        release = releases.desire(connection, new, now=at + 1)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=at + 2)
        run_steps.put(connection, run.id, steps_at(at + 4, wait=wait))
        runs.finish(connection, run.id, state="restored", reason="", now=at + 40)
    return run


def drawn(store: Store, run: Run) -> Waterfall:
    with store.read() as connection:
        return waterfall(
            connection, runs.get(connection, run.id), run_steps.of_run(connection, run.id), now=NOW
        )


def test_waits_for_health_and_the_way_back_stand_beside_their_medians(store: Store) -> None:
    rollout(store, at=NOW, wait=2)

    found = drawn(store, rollout(store, at=NOW + 100, wait=6))

    bars = [(one.label, one.seconds, one.median, one.is_inner) for one in found.bars]
    assert bars == [
        ("on disk", 0.25, 0.25, False),
        ("verdict", 0.75, 0.75, False),
        ("waited for its run", 1, 1, False),
        ("start of Ansible", 2, 2, False),
        ("canary", 7, 3, False),
        ("canary: wait for health", 6, 2, True),
        ("batches", 19, 11, False),
        ("batches: wait for health", 12, 4, True),
        ("batches: way back", 4, 4, True),
        ("batch 2", 7, None, True),
        ("batch 3", 11, None, True),
    ]
    assert found.sentence.startswith("12 s of 31 s were the batches' wait for health: longer than")


def test_a_wait_is_drawn_when_hosts_waited_and_not_between_two_batches(store: Store) -> None:
    found = drawn(store, rollout(store, at=NOW, wait=6))

    [wait] = [one for one in found.bars if one.label == "batches: wait for health"]
    scale = 1000 / 31
    assert wait.segments == tuple(
        (round(at * scale, 1), round(6 * scale, 1)) for at in (4 + 8 + 1, 4 + 8 + 8 + 1)
    )
    assert all(not one.segments for one in found.bars if not one.is_inner)
