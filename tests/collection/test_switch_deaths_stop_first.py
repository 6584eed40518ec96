# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch that stops the old container first, dead before any of its changes: the next one.

tests/hosts/test_switch.py shows three of these points on real daemons.
"""

import pytest

from tests.collection.switches import (
    deaths,
    deployed,
    identity,
    killed,
    name,
    policies,
    serving,
    with_broken,
)

DEATHS = deaths(serving(1), 2)
DEATHS_OF_A_FAILURE = deaths(with_broken(serving(1), 2), 2)


def test_both_kinds_of_switch_have_several_points_to_die_at() -> None:
    assert len(DEATHS) > 4
    assert len(DEATHS_OF_A_FAILURE) > 4


@pytest.mark.parametrize("before", DEATHS)
def test_a_switch_killed_at_any_step_is_completed_by_the_next(before: int) -> None:
    engine = serving(1)
    killed(engine, 2, before=before)

    report = deployed(engine, 2)

    assert report.outcome in ("updated", "unchanged")
    assert engine.names(running=True) == [name(2)]
    assert policies(engine) == {1: "no", 2: "always"}
    assert engine.most_running == 1


@pytest.mark.parametrize("before", DEATHS_OF_A_FAILURE)
def test_a_restore_killed_at_any_step_never_loses_the_old_container(before: int) -> None:
    engine = with_broken(serving(1), 2)
    old = identity(engine, 1)
    killed(engine, 2, before=before)

    report = deployed(engine, 2)

    assert report.outcome == "restored"
    assert list(engine.known) == [old]
    assert engine.names(running=True) == [name(1)]
    assert policies(engine) == {1: "always"}


@pytest.mark.parametrize("before", DEATHS)
def test_after_a_kill_a_third_version_takes_over_from_what_last_served(before: int) -> None:
    engine = with_broken(serving(1), 3)
    killed(engine, 2, before=before)
    proven_before_the_kill = name(2) in engine.names(running=True)

    report = deployed(engine, 3)

    assert report.outcome == "restored"
    assert engine.names(running=True) == [name(2) if proven_before_the_kill else name(1)]
