# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a switch would find nothing to do, as far as that is seen at once."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_unchanged import (
    unchanged,
)

from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import begun, identity, killed, order, serving


def test_a_release_that_runs_whole_and_healthy_is_seen_without_a_switch() -> None:
    engine = serving(1, 2)
    done = list(engine.done)

    report = unchanged(engine, order(2))

    assert report is not None
    assert (report.outcome, report.changed, report.container) == ("unchanged", False, order(2).name)
    assert report.running.digest == order(2).digest
    assert engine.done == done


def test_a_kept_container_that_runs_again_is_seen_without_a_switch() -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    begun(engine, 1, restore_container=first)

    report = unchanged(engine, order(1, restore_container=first))

    assert report is not None
    assert report.running.id == first


def _another_release(_engine: FakeEngine) -> int:
    return 1


def _stopped(engine: FakeEngine) -> int:
    engine.stop(engine.known[identity(engine, 2)])
    return 2


def _another_policy(engine: FakeEngine) -> int:
    engine.set_policy(engine.known[identity(engine, 2)], "no")
    return 2


def _a_second_one_runs(engine: FakeEngine) -> int:
    engine.start(engine.known[identity(engine, 1)])
    return 2


def _cut_off(engine: FakeEngine) -> int:
    killed(engine, 3, before=6)
    return 2


def _lacks_a_network(engine: FakeEngine) -> int:
    engine.parted[order(2).name] = ["the network back"]
    return 2


def _gone(_engine: FakeEngine) -> int:
    return 4


def _unwell(engine: FakeEngine) -> int:
    one = engine.known[identity(engine, 2)]
    engine.known[one.id] = one._replace(health="unhealthy")
    return 2


@pytest.mark.parametrize(
    "change",
    [
        _another_release,
        _stopped,
        _another_policy,
        _a_second_one_runs,
        _cut_off,
        _lacks_a_network,
        _gone,
        _unwell,
    ],
)
def test_whatever_a_switch_would_do_is_left_to_it(change: Any) -> None:
    engine = serving(1, 2)

    assert unchanged(engine, order(change(engine))) is None


def test_old_containers_are_left_to_the_switch_which_removes_them() -> None:
    engine = serving(1, 2, 3)

    assert unchanged(engine, order(3, keep=2)) is not None
    assert unchanged(engine, order(3, keep=1)) is None


def test_a_container_that_has_to_prove_that_it_stays_up_is_left_to_the_switch() -> None:
    engine = serving(1)
    one = engine.known[identity(engine, 1)]
    engine.known[one.id] = one._replace(started_at="2999-01-01T00:00:00Z")

    assert unchanged(engine, order(1)._replace(health=Health(stable_for=10))) is None
