# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a switch waited for health, and how long the way back took."""

import time
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import result_of
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import Times
from ansible_collections.longshore.containers.plugins.plugin_utils._host_steps import (
    HostSteps,
    within_switch,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import SWITCH_RESULT

from tests.collection.switches import order, serving, with_broken


def parts_of_switch(number: int, *, broken: bool, **fields: Any) -> dict[str, list[float]]:
    engine = serving(1)
    if broken:
        with_broken(engine, number)
    engine.create(number)
    began, wanted = time.monotonic(), order(number, **fields)
    report = switch(engine, wanted)
    ended = time.monotonic()
    parts: dict[str, list[float]] = result_of(report, wanted, daemon="", began=began, ended=ended)[
        "parts"
    ]
    assert all(0 <= start <= end <= round(ended - began, 2) for start, end in parts.values())
    return parts


@pytest.mark.parametrize("strategy", ["stop_first", "start_first"])
def test_a_switch_tells_when_it_waited_for_health(strategy: str) -> None:
    assert list(parts_of_switch(2, broken=False, strategy=strategy)) == ["health"]


def test_a_switch_that_puts_the_old_container_back_tells_of_the_way_back() -> None:
    parts = parts_of_switch(2, broken=True)

    assert list(parts) == ["health", "way_back"]
    assert parts["health"][1] <= parts["way_back"][0]


def test_what_is_done_twice_is_one_part_from_its_first_beginning() -> None:
    ticks = iter([1.0, 2.0, 5.0, 7.5])
    times = Times(clock=lambda: next(ticks))
    for _ in range(2):
        with times.taken("health"):
            pass

    assert times.since(0.5) == {"health": [0.5, 7.0]}


def read(**said: object) -> dict[str, Any]:
    """Return a result of a switch as its action plugin takes it."""
    return {key: SWITCH_RESULT[key](value) for key, value in said.items()}


def ended(result: dict[str, Any]) -> list[tuple[str, float, float, bool]]:
    """Return the steps of a switch that lasted from 100 to 120 by the control node's clock."""
    steps = HostSteps()
    steps.begin("h1", "switch", at=100)
    steps.end("h1", at=120, good=True, within=within_switch(result))
    return [(one["step"], one["began"], one["ended"], one["good"]) for one in steps.close_all()]


def test_parts_of_a_switch_are_placed_before_its_end_by_our_own_clock() -> None:
    parts = {"health": [1, 11], "way_back": [11, 17]}

    assert ended(read(outcome="restored", seconds=18, parts=parts)) == [
        ("switch", 100, 120, True),
        ("health", 103, 113, False),
        ("way_back", 113, 119, True),
    ]


@pytest.mark.parametrize(
    ("seconds", "health", "placed"),
    [
        (18, [1, 1e8], [(103, 120)]),
        (1e8, [0, 1], [(100, 100)]),
        (0, [1, 2], [(120, 120)]),
        (18, [5, 1], []),
        (18, [1], []),
        (18, [1, 2, 3], []),
        (18, "ab", []),
        (18, ["x", None], [(102, 102)]),
        (18, [float("nan"), float("inf")], [(102, 102)]),
        (True, [1, 2], [(120, 120)]),
    ],
)
def test_a_host_places_no_part_outside_of_its_switch(
    seconds: object, health: object, placed: list[tuple[float, float]]
) -> None:
    _switch, *parts = ended(read(outcome="updated", seconds=seconds, parts={"health": health}))

    assert [(began, end) for _step, began, end, _good in parts] == placed


@pytest.mark.parametrize("parts", [None, 7, [], {"drain": [1, 2], "switch": [1, 2]}])
def test_what_is_no_known_part_is_passed_over(parts: object) -> None:
    assert len(ended(read(outcome="updated", seconds=3, parts=parts))) == 1
