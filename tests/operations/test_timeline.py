# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from tests.support.claimed_app import V1
from webhook_bridge.config.retention import Keep
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps
from webhook_bridge.domain.runs import NewRun, Run
from webhook_bridge.operations.sender_time import sent_at
from webhook_bridge.operations.serializers import View, run_details
from webhook_bridge.store import Store, deliveries, pruning, releases, run_steps, runs

NOW = 1_700_000_000.0


def steps_at(at: float, *, stage: float) -> RunSteps:
    staged = at + 1 + stage
    steps = (
        HostStep("h1", "preflight", at, at + 1, good=True),
        HostStep("h1", "stage", at + 1, staged, good=True),
        HostStep("h1", "switch", staged, staged + 2, good=True),
    )
    return RunSteps(steps, (Batch(("h1",), staged),))


def ended_run(store: Store, *, at: float, stage: float, body: bytes = b"{}") -> Run:
    """Have a run of a push: received at `at`, decided after 1 s, begun after 2, hosts after 4."""
    with store.write() as connection:
        identifier = deliveries.add(connection, NewDelivery("hub", "x", "::1", {}, body, at))
        deliveries.decide(connection, identifier, code="released", detail="", now=at + 1)
        new = NewRelease("shop", "r/shop", "latest", V1, "delivery", "hook:hub", identifier)
        release = releases.desire(connection, new, now=at + 1)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=at + 2)
        run_steps.put(connection, run.id, steps_at(at + 4, stage=stage))
        runs.finish(connection, run.id, state="succeeded", reason="", now=at + 20)
    return run


def details(store: Store, run: Run) -> View:
    with store.read() as connection:
        return run_details(connection, runs.get(connection, run.id))


def test_a_run_shows_its_steps_and_batches(store: Store) -> None:
    view = details(store, ended_run(store, at=NOW, stage=5))

    assert [(one["host"], one["step"], one["good"]) for one in view["steps"]] == [
        ("h1", "preflight", True),
        ("h1", "stage", True),
        ("h1", "switch", True),
    ]
    assert view["steps"][0]["began_at"] == "2023-11-14T22:13:24.000+00:00"
    assert view["batches"] == [{"hosts": ["h1"], "began_at": "2023-11-14T22:13:30.000+00:00"}]


def test_a_timeline_stands_beside_the_median_of_the_runs_before(store: Store) -> None:
    for number, stage in enumerate((1, 2, 9)):
        ended_run(store, at=NOW + 100 * number, stage=stage)
    body = json.dumps({"timestamp": "2023-11-14T22:21:39Z"}).encode()
    run = ended_run(store, at=NOW + 500, stage=6, body=body)

    timeline = details(store, run)["timeline"]

    assert [(one["part"], one["seconds"], one["median"]) for one in timeline["parts"]] == [
        ("sent", 1.0, None),
        ("verdict", 1.0, 1.0),
        ("waited", 1.0, 1.0),
        ("start", 2.0, 2.0),
        ("preflight", 1.0, 1.0),
        ("stage", 6.0, 2.0),
        ("batches", 2.0, 2.0),
    ]
    assert timeline["compared_with"] == 3
    assert timeline["seconds"] == 14.0
    assert timeline["sentence"].startswith("6.0 s of 14 s were stage: longer than usual")


def test_a_run_that_reported_no_step_says_what_is_known(store: Store) -> None:
    with store.write() as connection:
        new = NewRelease("shop", "r/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=NOW)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=NOW + 3)

    view = details(store, run)

    assert (view["steps"], view["batches"]) == ([], [])
    assert [one["part"] for one in view["timeline"]["parts"]] == ["waited"]


def test_steps_go_with_their_run(store: Store) -> None:
    old, new = (ended_run(store, at=NOW + at, stage=1) for at in (0, 1000))

    pruning.prune_runs(store, Keep(number=1, age=10), now=NOW + 2000)

    with store.read() as connection:
        assert set(run_steps.parts_of_runs(connection, [old.id, new.id])) == {new.id}


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"timestamp": "2023-11-14T22:13:15Z"}, NOW - 5),
        ({"time": "2023-11-14T23:13:15+01:00"}, NOW - 5),
        ({"Timestamp": "2023-11-14T22:13:15.500Z"}, NOW - 4.5),
        ({"occur_at": NOW - 5}, NOW - 5),
        ({"push_data": {"pushed_at": NOW - 5}}, NOW - 5),
        ({"events": [{"timestamp": "2023-11-14T22:13:15.123456789Z"}]}, NOW - 4.876544),
        ({"timestamp": "2023-11-14T22:13:22Z"}, NOW),
        ({"timestamp": "2023-11-14T22:23:22Z"}, None),
        ({"timestamp": "2023-11-10T22:13:22Z"}, None),
        ({"timestamp": "2023-11-14T22:13:15"}, None),
        ({"timestamp": "soon", "events": []}, None),
        ({"occur_at": True, "events": ["x"], "push_data": 1}, None),
        ([], None),
    ],
)
def test_a_sender_is_believed_where_its_time_can_be_right(body: object, at: float | None) -> None:
    found = sent_at(json.dumps(body).encode(), received_at=NOW)

    assert found == (None if at is None else pytest.approx(at))
