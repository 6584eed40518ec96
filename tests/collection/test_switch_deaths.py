# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch that dies before any of its changes is made good by the next, on a daemon in memory."""

import contextlib
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils.health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils.switch_report import (
    Order,
    Report,
)
from ansible_collections.longshore.containers.plugins.module_utils.switch_run import switch

from tests.collection.fake_engine import FakeEngine, KilledError

# More changes than any switch makes: the last ones let it end undisturbed.
DEATHS = range(1, 14)


def order(number: int, **fields: Any) -> Order:
    """Ask for a release, to be judged at once."""
    name = "" if "back_to" in fields else f"shop-{number:012x}"
    digest = f"sha256:{number:064x}"
    return Order(app="shop", name=name, digest=digest, health=Health(stable_for=0), **fields)


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


def killed(engine: FakeEngine, number: int, *, before: int, **fields: Any) -> None:
    """Begin a switch and let it die before its n-th change, if it makes so many."""
    engine.dies_before = before
    with contextlib.suppress(KilledError):
        if "back_to" in fields:
            switch(engine, order(number, **fields))
        else:
            deployed(engine, number, **fields)
    engine.dies_before = 0


def name(number: int) -> str:
    return f"shop-{number:012x}"


def identity(engine: FakeEngine, number: int) -> str:
    return next(one.id for one in engine.known.values() if one.release_name == name(number))


@pytest.mark.parametrize("before", DEATHS)
def test_a_return_that_died_is_completed_with_that_very_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    killed(engine, 1, before=before, back_to=first)

    report = switch(engine, order(1, back_to=first))

    assert report.outcome in ("updated", "unchanged")
    assert [one.id for one in engine.known.values() if one.running] == [first]
    assert sorted(engine.names(running=True) + engine.names(running=False)) == [name(1), name(2)]


@pytest.mark.parametrize("before", DEATHS)
def test_a_return_that_died_does_not_cost_the_kept_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    killed(engine, 1, before=before, back_to=first)

    report = deployed(engine, 3)

    assert report.outcome == "updated"
    assert engine.names(running=True) == [name(3)]
    assert first in engine.known
    assert all(not one.is_trial for one in engine.known.values())


@pytest.mark.parametrize("before", DEATHS)
def test_a_return_that_failed_leaves_what_ran_and_keeps_the_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    engine.broken.add(engine.known[first].digest)
    killed(engine, 1, before=before, back_to=first)

    report = switch(engine, order(1, back_to=first))

    assert report.outcome == "restored"
    assert "read its log, then deploy another digest" in report.reason
    assert engine.names(running=True) == [name(2)]
    assert engine.names(running=False) == [name(1)]


def test_a_return_to_what_runs_changes_nothing() -> None:
    engine = serving(1)

    report = switch(engine, order(1, back_to=identity(engine, 1)))

    assert (report.outcome, report.changed) == ("unchanged", False)


@pytest.mark.parametrize(
    ("number", "back_to", "said"),
    [(1, "gone", "no longer on this host"), (1, "2", "was made for"), (3, "3", "never proved")],
    ids=["gone", "other digest", "only staged"],
)
def test_a_return_to_what_cannot_be_gone_back_to_is_refused(
    number: int, back_to: str, said: str
) -> None:
    engine = serving(1, 2)
    engine.create(3)
    before = dict(engine.known)
    wanted = identity(engine, int(back_to)) if back_to.isdigit() else back_to

    report = switch(engine, order(number, back_to=wanted))

    assert (report.outcome, report.changed) == ("failed", False)
    assert said in report.reason
    assert engine.known == before


def test_where_the_old_one_cannot_be_put_back_both_are_described() -> None:
    engine = serving(1)
    engine.broken = {f"sha256:{number:064x}" for number in (1, 2)}

    report = deployed(engine, 2)

    assert (report.outcome, report.running) == ("failed", None)
    assert "does not run well either" in report.reason
    assert f"({name(2)}: exited with code 143; {name(1)}: exited with code 3)" in report.reason
    assert report.log == (
        f"last words of {name(2)}-trial",
        f"--- {name(1)}:",
        f"last words of {name(1)}",
    )
    assert len(engine.known) == 2
