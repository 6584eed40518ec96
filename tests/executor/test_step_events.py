# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps
from webhook_bridge.executor.events import News, read_report

EXPECTED = {"event": "expected", "hosts": ["h1", "h2"], "app": "shop", "digest": "d"}
BATCH = {"event": "batch", "at": 9.0, "number": 1, "hosts": ["h1"]}


def step(**fields: Any) -> dict[str, Any]:
    told = {"host": "h1", "step": "stage", "began": 1.0, "ended": 2.5, "good": True}
    return {"event": "host_step", **told, **fields}


def steps_in(folder: Path, *events: dict[str, Any]) -> RunSteps:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    return read_report(file, exit_code=0).steps


def test_steps_and_batches_of_a_run_are_read(tmp_path: Path) -> None:
    assert steps_in(tmp_path, EXPECTED, step(), BATCH) == RunSteps(
        (HostStep("h1", "stage", 1.0, 2.5, good=True),), (Batch(("h1",), 9.0),)
    )


@pytest.mark.parametrize("fields", [{"host": "h9"}, {"step": "mining"}, {"step": None}])
def test_what_no_run_has_is_passed_over(tmp_path: Path, fields: dict[str, object]) -> None:
    assert steps_in(tmp_path, EXPECTED, step(**fields)) == RunSteps()


def test_a_batch_has_hosts_of_the_run_alone(tmp_path: Path) -> None:
    found = steps_in(tmp_path, EXPECTED, {**BATCH, "hosts": ["h9", "h2"]})

    assert found.batches == (Batch(("h2",), 9.0),)


@pytest.mark.parametrize(
    ("began", "ended", "kept"),
    [
        (5.0, 1.0, (5.0, 5.0)),
        ("x", 2.0, (0.0, 2.0)),
        (1.00049, 1.0006, (1.0, 1.001)),
        (-1, -1, (0.0, 0.0)),
    ],
)
def test_a_step_never_ends_before_it_began(
    tmp_path: Path, began: object, ended: object, kept: tuple[float, float]
) -> None:
    [found] = steps_in(tmp_path, EXPECTED, step(began=began, ended=ended)).steps

    assert (found.began_at, found.ended_at) == kept


def test_steps_of_a_host_and_batches_are_bounded(tmp_path: Path) -> None:
    found = steps_in(tmp_path, EXPECTED, *[step()] * 50, *[BATCH] * 1500)

    assert (len(found.steps), len(found.batches)) == (16, 1000)


def test_new_steps_are_handed_out_with_those_before_them(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("".join(json.dumps(one) + "\n" for one in (EXPECTED, step())))
    news = News(file)

    first, nothing = news.read()[1], news.read()[1]
    with file.open("a") as more:
        more.write(json.dumps(step(host="h2")) + "\n")
    second = news.read()[1]

    assert nothing is None
    assert first is not None
    assert [one.host for one in first.steps] == ["h1"]
    assert second is not None
    assert [one.host for one in second.steps] == ["h1", "h2"]
