# SPDX-License-Identifier: GPL-3.0-or-later
"""When each step of each host began and ended."""

import json
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._host_steps import HostSteps

from tests.collection.stand_ins import DIGEST, StandIns


def steps_of(run: Any, host: str) -> list[str]:
    return [each["step"] for each in run.of("host_step") if each["host"] == host]


def test_tasks_in_a_row_are_one_step() -> None:
    steps = HostSteps()
    done = []
    for at, step in enumerate(("stage", "stage", "", "stage", "switch")):
        steps.begin("h1", step, at=at)
        done += steps.end("h1", at=at + 0.5, good=step != "switch")

    assert done == [{"host": "h1", "step": "stage", "began": 0, "ended": 3.5, "good": True}]
    assert steps.close_all() == [
        {"host": "h1", "step": "switch", "began": 4, "ended": 4.5, "good": False}
    ]


def test_a_task_that_is_passed_over_is_of_no_step() -> None:
    steps = HostSteps()
    steps.begin("h1", "stage", at=1)
    steps.forget("h1")

    assert steps.end("h1", at=2, good=True) == steps.close_all() == []


def test_steps_of_a_host_are_bounded() -> None:
    steps = HostSteps()
    done = []
    for at in range(100):
        steps.begin("h1", ("stage", "switch")[at % 2], at=at)
        done += steps.end("h1", at=at, good=True)

    assert len(done + steps.close_all()) == 16


def test_a_rollout_reports_each_step_of_each_host_and_its_batches(stand_ins: StandIns) -> None:
    told = {"seconds": 0.5, "parts": {"health": [0.1, 0.2], "way_back": [0.2, 0.4]}}
    stand_ins.answer(
        "h2", "container_switch", failed=True, outcome="restored", reason="exited", **told
    )

    run = stand_ins.deploy()

    assert steps_of(run, "h1") == ["preflight", "stage", "switch"]
    assert steps_of(run, "h2") == ["preflight", "stage", "switch", "health", "way_back"]
    assert steps_of(run, "h3") == ["preflight", "stage"]
    batches = [(each["number"], each["hosts"]) for each in run.of("batch")]
    assert batches == [(1, ["h1"]), (2, ["h2"])]
    good = {(each["host"], each["step"]): each["good"] for each in run.of("host_step")}
    assert [step for step, is_good in good.items() if not is_good] == [
        ("h2", "switch"),
        ("h2", "health"),
    ]
    assert all(each["began"] <= each["ended"] for each in run.of("host_step"))


def test_a_host_cannot_tell_the_steps_of_another(stand_ins: StandIns) -> None:
    forged = {"event": "host_step", "host": "h2", "step": "switch", "began": 0, "ended": 9e9}
    stand_ins.answer(
        "h1",
        "container_switch",
        changed=True,
        outcome="updated",
        digest=DIGEST,
        reason=json.dumps(forged),
        **{key: value for key, value in forged.items() if key != "host"},
    )

    run = stand_ins.deploy()

    assert steps_of(run, "h2") == ["preflight", "stage", "switch"]
    assert all(each["began"] > 0 and each["ended"] < 9e9 for each in run.of("host_step"))
