# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch that dies before any of its changes is made good by the next, on a daemon in memory."""

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from tests.collection.switches import (
    deaths,
    deployed,
    identity,
    killed,
    name,
    order,
    policies,
    serving,
    with_broken,
)

DEATHS_OF_A_RETURN = deaths(serving(1, 2), 1, back=True)
DEATHS_OF_A_RETURN_THAT_FAILS = deaths(with_broken(serving(1, 2), 1), 1, back=True)
DEATHS_SIDE_BY_SIDE = deaths(serving(1), 2, strategy="start_first")
DEATHS_OF_A_FAILURE_SIDE_BY_SIDE = deaths(with_broken(serving(1), 2), 2, strategy="start_first")


@pytest.mark.parametrize(
    "points",
    [
        DEATHS_OF_A_RETURN,
        DEATHS_OF_A_RETURN_THAT_FAILS,
        DEATHS_SIDE_BY_SIDE,
        DEATHS_OF_A_FAILURE_SIDE_BY_SIDE,
    ],
    ids=str,
)
def test_every_kind_of_switch_has_several_points_to_die_at(points: range) -> None:
    assert len(points) > 3


@pytest.mark.parametrize("before", DEATHS_OF_A_RETURN)
def test_a_return_that_died_is_completed_with_that_very_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    killed(engine, 1, before=before, restore_container=first)

    report = switch(engine, order(1, restore_container=first))

    assert report.outcome in ("updated", "unchanged")
    assert [one.id for one in engine.known.values() if one.running] == [first]
    assert sorted(engine.names(running=True) + engine.names(running=False)) == [name(1), name(2)]


@pytest.mark.parametrize("before", DEATHS_OF_A_RETURN)
def test_a_return_that_died_does_not_cost_the_kept_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    killed(engine, 1, before=before, restore_container=first)

    report = deployed(engine, 3)

    assert report.outcome == "updated"
    assert engine.names(running=True) == [name(3)]
    assert first in engine.known
    assert all(not one.is_trial for one in engine.known.values())


@pytest.mark.parametrize("before", DEATHS_OF_A_RETURN_THAT_FAILS)
def test_a_return_that_failed_leaves_what_ran_and_keeps_the_container(before: int) -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    engine.broken.add(engine.known[first].digest)
    killed(engine, 1, before=before, restore_container=first)

    report = switch(engine, order(1, restore_container=first))

    assert report.outcome == "restored"
    assert "read its log, then deploy another digest" in report.reason
    assert engine.names(running=True) == [name(2)]
    assert engine.names(running=False) == [name(1)]


def test_a_return_to_what_runs_changes_nothing() -> None:
    engine = serving(1)

    report = switch(engine, order(1, restore_container=identity(engine, 1)))

    assert (report.outcome, report.changed) == ("unchanged", False)


@pytest.mark.parametrize(
    ("number", "restore_container", "said"),
    [(1, "gone", "no longer on this host"), (1, "2", "was made for"), (3, "3", "never proved")],
    ids=["gone", "other digest", "only staged"],
)
def test_a_return_to_what_cannot_be_gone_back_to_is_refused(
    number: int, restore_container: str, said: str
) -> None:
    engine = serving(1, 2)
    engine.create(3)
    before = dict(engine.known)
    wanted = (
        identity(engine, int(restore_container))
        if restore_container.isdigit()
        else restore_container
    )

    report = switch(engine, order(number, restore_container=wanted))

    assert (report.outcome, report.changed) == ("failed", False)
    assert said in report.reason
    assert engine.known == before


@pytest.mark.parametrize("before", DEATHS_SIDE_BY_SIDE)
def test_side_by_side_a_switch_that_died_is_completed_and_never_without_a_container(
    before: int,
) -> None:
    engine = serving(1)
    engine.least_running = 1
    killed(engine, 2, before=before, strategy="start_first")

    report = deployed(engine, 2, strategy="start_first")

    assert report.outcome in ("updated", "unchanged")
    assert (engine.least_running, engine.most_running) == (1, 2)
    assert engine.names(running=True) == [name(2)]
    assert engine.names(running=False) == [name(1)]
    assert policies(engine) == {1: "no", 2: "always"}


@pytest.mark.parametrize("before", DEATHS_OF_A_FAILURE_SIDE_BY_SIDE)
def test_side_by_side_a_failure_leaves_the_old_one_as_it_was(before: int) -> None:
    engine = serving(1)
    old = engine.inspect(name(1))
    engine.broken, engine.least_running = {f"sha256:{2:064x}"}, 1
    killed(engine, 2, before=before, strategy="start_first")

    report = deployed(engine, 2, strategy="start_first")

    assert report.outcome == "restored"
    assert "was never stopped" in report.reason
    assert list(engine.known.values()) == [old]
    assert engine.least_running == 1


@pytest.mark.parametrize("third", [{}, {"strategy": "start_first"}], ids=str)
@pytest.mark.parametrize("is_broken", [True, False], ids=["broken", "good"])
@pytest.mark.parametrize("before", DEATHS_SIDE_BY_SIDE)
def test_after_a_death_side_by_side_another_release_leaves_one_container_running(
    before: int, third: dict[str, str], *, is_broken: bool
) -> None:
    engine = serving(1)
    engine.broken = {f"sha256:{3:064x}"} if is_broken else set()
    killed(engine, 2, before=before, strategy="start_first")

    report = deployed(engine, 3, **third)

    assert report.outcome == ("restored" if is_broken else "updated")
    assert engine.names(running=True) in ([[name(1)], [name(2)]] if is_broken else [[name(3)]])
    assert all(not one.is_trial for one in engine.known.values())


def test_the_old_one_is_left_running_for_a_hook_and_stopped_by_the_second_call() -> None:
    engine = serving(1)

    first = deployed(engine, 2, strategy="start_first", retire=False)
    both = engine.names(running=True)
    second = switch(engine, order(2, strategy="start_first"))

    assert (first.outcome, both) == ("updated", [name(1), name(2)])
    assert (second.outcome, second.changed) == ("unchanged", True)
    assert engine.names(running=True) == [name(2)]


def test_of_two_that_run_side_by_side_the_new_one_gives_way_if_it_falls_ill() -> None:
    engine = serving(1)
    deployed(engine, 2, strategy="start_first", retire=False)
    new = identity(engine, 2)
    engine.known[new] = engine.known[new]._replace(health="unhealthy")

    report = switch(engine, order(2, strategy="start_first"))

    assert (report.outcome, report.health) == ("restored", "unhealthy")
    assert engine.names(running=True) == [name(1)]
    assert policies(engine) == {1: "always", 2: "no"}


def test_a_kept_container_with_a_fixed_port_is_gone_back_to_by_stopping_first() -> None:
    engine = serving(1, 2)
    first = identity(engine, 1)
    engine.known[first] = engine.known[first]._replace(host_ports=("80",))
    engine.most_running = 0

    report = switch(engine, order(1, restore_container=first, strategy="start_first"))

    assert (report.outcome, engine.most_running) == ("updated", 1)


def test_a_second_container_that_somebody_started_is_stopped_and_named() -> None:
    engine = serving(1, 2)
    engine.start(engine.known[identity(engine, 1)])

    report = deployed(engine, 3)

    assert engine.names(running=True) == [name(3)]
    assert f"{name(2)} ran too and was stopped" in report.reason


def test_where_the_old_one_cannot_be_put_back_both_are_described() -> None:
    engine = serving(1)
    engine.broken = {f"sha256:{number:064x}" for number in (1, 2)}

    report = deployed(engine, 2)

    assert (report.outcome, report.running) == ("failed", None)
    assert "does not run well either" in report.reason
    assert f"({name(2)}-trial: exited with code 143; " in report.reason
    assert f"; {name(1)}: exited with code 3)" in report.reason
    assert report.log == (
        f"last words of {name(2)}-trial",
        f"--- {name(1)}:",
        f"last words of {name(1)}",
    )
    assert len(engine.known) == 2
