# SPDX-License-Identifier: GPL-3.0-or-later
"""The old container that is put back has to stay up, however short the new one is judged."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from tests.collection.clock import Clock
from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import deployed, identity, name, order, serving, with_broken


def _with_looping_old(clock: Clock, *, health: str = "") -> FakeEngine:
    engine = with_broken(serving(1), 2)
    old = engine.known[identity(engine, 1)]
    engine.known[old.id] = old._replace(health=health)
    engine.looping, engine.clock = {old.digest}, clock.monotonic
    return engine


@pytest.mark.parametrize("stable_for", [0, 0.1, 30])
@pytest.mark.parametrize("health", ["", "unhealthy"])
def test_an_old_container_that_keeps_restarting_is_not_restored(
    clock: Clock, stable_for: float, health: str
) -> None:
    engine = _with_looping_old(clock, health=health)
    engine.create(2)

    judged = Health(stable_for=stable_for, timeout=5)
    report = switch(engine, order(2)._replace(health=judged))

    assert (report.outcome, report.running) == ("failed", None)
    assert f"{name(1)} does not run well either: it keeps restarting" in report.reason
    assert f"({name(2)}-trial: exited with code 143; {name(1)}: restarting" in report.reason
    assert engine.inspect(f"{name(2)}-trial") is not None
    assert f"--- {name(1)}:" in report.log
    assert len(engine.known) == 2


def test_an_old_container_that_stays_up_is_restored() -> None:
    report = deployed(with_broken(serving(1), 2), 2)

    assert report.outcome == "restored"
    assert report.running is not None
    assert report.running.name == name(1)
