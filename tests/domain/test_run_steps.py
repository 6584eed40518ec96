# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps, Span, StepWord, parts_of


def step(host: str, word: StepWord, began: float, ended: float, *, good: bool = True) -> HostStep:
    return HostStep(host, word, began, ended, good=good)


READY = (
    step("h1", "preflight", 1, 2),
    step("h2", "preflight", 1, 3),
    step("h1", "stage", 3, 5),
    step("h2", "stage", 4, 9),
)


def test_a_part_lasts_from_its_first_host_to_its_last() -> None:
    steps = (*READY, step("h1", "switch", 10, 12), step("h2", "switch", 13, 20))
    batches = (Batch(("h1",), 9.5), Batch(("h2",), 12.5))

    assert parts_of(RunSteps(steps, batches)) == {
        "preflight": Span(1, 3),
        "stage": Span(3, 9),
        "canary": Span(9.5, 12),
        "batches": Span(12.5, 20),
    }
    assert Span(1, 3).seconds == 2


def test_hooks_are_in_the_time_of_their_batch() -> None:
    steps = (step("h1", "before_switch", 2, 3), step("h1", "after_switch", 5, 8))

    assert parts_of(RunSteps(steps, (Batch(("h1",), 2),))) == {"batches": Span(2, 8)}


def test_a_first_batch_that_others_should_have_followed_is_a_canary() -> None:
    steps = (*READY, step("h1", "switch", 10, 12, good=False))

    assert parts_of(RunSteps(steps, (Batch(("h1",), 9),)))["canary"] == Span(9, 12)


def test_one_batch_of_all_hosts_has_no_canary() -> None:
    steps = (*READY, step("h1", "switch", 10, 12), step("h2", "switch", 10, 14))

    found = parts_of(RunSteps(steps, (Batch(("h1", "h2"), 9),)))

    assert found["batches"] == Span(9, 14)
    assert "canary" not in found


def test_a_batch_that_has_only_begun_takes_no_time_yet() -> None:
    assert parts_of(RunSteps(READY, (Batch(("h1",), 9),)))["canary"] == Span(9, 9)


def test_a_run_that_reported_nothing_has_no_parts() -> None:
    assert parts_of(RunSteps()) == {}


def test_waits_for_health_and_ways_back_are_parts_of_the_canary_and_of_the_batches() -> None:
    steps = (
        *READY,
        step("h1", "switch", 10, 14),
        step("h1", "health", 11, 13),
        *(step(host, "switch", 15, 29) for host in ("h2", "h3")),
        step("h2", "health", 16, 18),
        step("h3", "health", 17, 20),
        step("h4", "switch", 30, 39, good=False),
        step("h4", "health", 31, 32, good=False),
        step("h4", "way_back", 32, 38),
    )
    batches = (Batch(("h1",), 9.5), Batch(("h2", "h3"), 14.5), Batch(("h4",), 29.5))

    found = parts_of(RunSteps(steps, batches))

    assert list(found) == [
        "preflight",
        "stage",
        "canary",
        "canary_health",
        "batches",
        "batches_health",
        "batches_way_back",
    ]
    assert found["canary_health"] == Span(11, 13, 2)
    assert found["batches"] == Span(14.5, 39)
    assert found["batches_health"] == Span(16, 32, 5), "the time between two batches is no wait"
    assert found["batches_health"].seconds == 5
    assert found["batches_way_back"] == Span(32, 38, 6)


def test_the_only_batch_has_its_waits_too() -> None:
    steps = (step("h1", "switch", 2, 9), step("h1", "health", 3, 8))

    assert parts_of(RunSteps(steps, (Batch(("h1",), 2),))) == {
        "batches": Span(2, 9),
        "batches_health": Span(3, 8, 5),
    }
