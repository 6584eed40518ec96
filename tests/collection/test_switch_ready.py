# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is stopped for a container that is not what it shall be, or that cannot be started."""

from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from tests.collection.switches import name, order, serving


def test_nothing_is_stopped_for_a_container_that_cannot_start() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(2)] = ["there is no device /dev/gone"]
    engine.done.clear()

    report = switch(engine, order(2))

    assert (report.outcome, report.changed) == ("failed", False)
    assert "there is no device /dev/gone" in report.reason
    assert (engine.done, engine.names(running=True)) == ([], [name(1)])


def test_a_container_that_could_not_come_back_is_not_stopped() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]
    engine.done.clear()

    report = switch(engine, order(2))

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"{name(1)}, which runs, could not be started again" in report.reason
    assert f"docker stop {name(1)}" in report.reason
    assert (engine.done, engine.names(running=True)) == ([], [name(1)])


def test_a_container_that_was_stopped_by_hand_need_not_come_back() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]
    (old,) = (one for one in engine.known.values() if one.name == name(1))
    engine.stop(old)

    assert switch(engine, order(2)).outcome == "updated"


def test_a_container_that_is_stopped_last_need_not_come_back() -> None:
    engine = serving(1)
    engine.create(2)
    engine.unstartable[name(1)] = ["there is no device /dev/gone"]

    assert switch(engine, order(2, strategy="start_first")).outcome == "updated"
