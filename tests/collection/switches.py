# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases of one app, switched to on a daemon in memory."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    Order,
    Report,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import Times

from tests.collection.fake_engine import FakeEngine, KilledError


def name(number: int) -> str:
    return f"shop-{number:012x}"


def order(number: int, **fields: Any) -> Order:
    """Ask for a release, to be judged at once."""
    name = "" if "restore_container" in fields else f"shop-{number:012x}"
    digest = f"sha256:{number:064x}"
    given = {"health": Health(stable_for=0), "times": Times(), **fields}
    return Order(app="shop", name=name, digest=digest, **given)


def deployed(engine: FakeEngine, number: int, **fields: Any) -> Report:
    """Stage a release as the role does, and switch to it."""
    engine.create(number)
    return switch(engine, order(number, **fields))


def serving(*numbers: int) -> FakeEngine:
    """Have a host to which these releases were deployed one after another."""
    engine = FakeEngine()
    for number in numbers:
        assert deployed(engine, number).outcome == "updated"
    return engine


def begun(engine: FakeEngine, number: int, **fields: Any) -> None:
    """Begin a switch: back to a kept container, or to a release that is staged for it."""
    if "restore_container" in fields:
        switch(engine, order(number, **fields))
    else:
        deployed(engine, number, **fields)


def killed(engine: FakeEngine, number: int, *, before: int, **fields: Any) -> None:
    """Begin a switch and let it die before its n-th change."""
    engine.dies_before = before
    with pytest.raises(KilledError):
        begun(engine, number, **fields)
    engine.dies_before = 0


def deaths(engine: FakeEngine, number: int, *, back: bool = False, **fields: Any) -> range:
    """Count the changes of a switch that nothing disturbs: it can die before each of them."""
    if back:
        fields["restore_container"] = identity(engine, number)
    engine.dies_before = 0  # never; it counts down with each change
    begun(engine, number, **fields)
    return range(1, 1 - engine.dies_before)


def with_broken(engine: FakeEngine, number: int) -> FakeEngine:
    """Have the containers of this release exit as soon as they are started."""
    engine.broken.add(f"sha256:{number:064x}")
    return engine


def policies(engine: FakeEngine) -> dict[int, str]:
    return {int(one.release_name[5:], 16): one.policy for one in engine.known.values()}


def identity(engine: FakeEngine, number: int) -> str:
    return next(one.id for one in engine.known.values() if one.release_name == name(number))
