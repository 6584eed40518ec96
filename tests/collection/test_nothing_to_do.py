# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on which nothing is to be done: seen at the first look, and not asked again."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import (
    Ledger,
    idle_result,
)

from tests.collection.playbook_runs import outcomes
from tests.collection.stand_ins import DIGEST, StandIns

RUNS = {
    "changed": False,
    "outcome": "unchanged",
    "reason": "runs this digest already",
    "digest": DIGEST,
    "container": "shop-1",
    "health": "healthy",
    "running": {"container": "1" * 64, "name": "shop-1", "digest": DIGEST},
}


def test_a_second_deployment_asks_each_host_once(stand_ins: StandIns) -> None:
    for host in ("h1", "h2", "h3", "h4"):
        stand_ins.answer(host, "container_preflight", unchanged=RUNS)

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert set(outcomes(run).values()) == {"unchanged"}
    assert {each["digest"] for each in run.of("outcome")} == {DIGEST}
    asked = ("image_pull", "docker_container", "container_switch")
    assert [stand_ins.asked(module) for module in asked] == [[], [], []]


def test_a_host_with_nothing_to_do_beside_others_keeps_its_place_in_the_batches(
    stand_ins: StandIns,
) -> None:
    stand_ins.declare(rollout={"serial": [1, "100%"]})
    stand_ins.answer("h1", "container_preflight", unchanged=RUNS)
    stand_ins.answer("h1", "container_switch", **RUNS)

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert outcomes(run) == {"h1": "unchanged", **dict.fromkeys(["h2", "h3", "h4"], "updated")}
    assert sorted(stand_ins.asked("docker_container")) == ["h2", "h3", "h4"]
    assert [each["hosts"] for each in run.of("batch")] == [["h1"], ["h2", "h3", "h4"]]


SAID: list[Any] = [
    {},
    None,
    "yes",
    [1],
    {"outcome": "updated"},
    {"outcome": "restored"},
    {"digest": DIGEST},
]


@pytest.mark.parametrize("said", SAID)
def test_a_host_that_says_anything_else_has_something_to_do(said: Any) -> None:
    assert idle_result(said) == {}


def test_of_a_host_with_nothing_to_do_known_keys_are_taken() -> None:
    known = {key: value for key, value in RUNS.items() if key != "changed"}

    assert idle_result({**known, "add_host": {"host_name": "h9"}}) == known


def test_what_a_switch_finds_later_counts_and_nothing_of_the_first_look_is_kept() -> None:
    ledger = Ledger()
    ledger.expect("h1", digest=DIGEST)
    foreseen = {"outcome": "unchanged", "step": "preflight", "running": DIGEST, "container": "c"}
    ledger.settle("h1", foreseen)

    newer = ledger.settle("h1", {"outcome": "failed", "step": "switch", "running": ""})

    assert newer
    assert ledger.outcomes["h1"]["running"] == ""
    assert ledger.outcomes["h1"]["container"] == ""
