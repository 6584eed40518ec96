# SPDX-License-Identifier: GPL-3.0-or-later
"""Who comes back after a reboot, on daemons in memory that cannot all change restart policies."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    option_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    restart_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_run import switch

from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import deployed, name, order, policies, serving, with_broken


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def starts(engine: FakeEngine) -> int:
    return sum(each.startswith("start ") for each in engine.done)


@pytest.mark.parametrize("ignores", [False, True], ids=["refuses", "takes it and does nothing"])
@pytest.mark.parametrize("strategy", ["stop_first", "start_first"])
def test_where_no_policy_can_be_set_nothing_is_stopped(strategy: str, *, ignores: bool) -> None:
    engine = serving(1)
    engine.fixed, engine.ignores_policies = {digest(1), digest(2)}, ignores
    engine.least_running = 1

    report = deployed(engine, 2, strategy=strategy)

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"docker update --restart=no {name(2)}" in report.reason
    assert engine.names(running=True) == [name(1)]
    assert (engine.least_running, engine.most_running) == (1, 1)
    assert policies(engine) == {1: "always", 2: "no"}


def test_where_the_old_one_cannot_be_disarmed_nothing_is_stopped() -> None:
    engine = serving(1)
    engine.fixed = {digest(1)}

    report = deployed(engine, 2)

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"the restart policy of {name(1)} cannot be set" in report.reason
    assert engine.names(running=True) == [name(1)]


def test_where_no_policy_can_be_set_a_first_container_is_not_started() -> None:
    engine = FakeEngine(fixed={digest(1)})

    report = deployed(engine, 1)

    assert (report.outcome, starts(engine)) == ("failed", 0)


def test_a_container_that_wants_no_policy_needs_no_update() -> None:
    engine = FakeEngine(fixed={digest(1)})
    engine.create(1, wanted_policy="no")

    assert switch(engine, order(1)).outcome == "updated"


class LosesUpdates(FakeEngine):
    """Cannot change the policy of a container any more once the new one has been started."""

    def start(self, container: Any) -> None:
        super().start(container)
        self.fixed = {digest(1)}


def test_an_old_one_that_cannot_be_disarmed_in_the_end_is_a_failure_with_what_to_do() -> None:
    engine = LosesUpdates(known=serving(1).known)

    report = deployed(engine, 2)

    assert (report.outcome, report.changed) == ("failed", True)
    assert "after a reboot it starts by itself: set it on this host" in report.reason
    assert f"(docker update --restart=no {name(1)}), then deploy again" in report.reason
    assert report.running.release_name == name(2)
    assert engine.names(running=True) == [name(2)]
    assert policies(engine) == {1: "always", 2: "always"}


def test_an_old_one_that_stays_armed_keeps_no_others_from_being_pruned() -> None:
    engine = LosesUpdates(known=serving(0, 3, 1).known)

    deployed(engine, 2, keep=1)

    assert sorted(policies(engine)) == [1, 2]


@pytest.mark.parametrize("is_running", [True, False], ids=["runs", "had stopped"])
def test_a_release_that_runs_without_its_policy_is_no_success(*, is_running: bool) -> None:
    engine = serving(1)
    only = next(iter(engine.known.values()))
    engine.known[only.id] = only._replace(policy="no", running=is_running)
    engine.fixed = {digest(1)}

    report = deployed(engine, 1)

    assert report.outcome == "failed"
    assert f"docker update --restart=always {name(1)}" in report.reason
    assert engine.names(running=True) == [name(1)]


def test_an_old_one_that_cannot_be_stopped_beside_the_new_one_is_a_failure() -> None:
    engine = serving(1)
    engine.unstoppable = {digest(1)}

    report = deployed(engine, 2, strategy="start_first")

    assert report.outcome == "failed"
    assert f"{name(1)} still runs beside it" in report.reason
    assert policies(engine) == {1: "no", 2: "always"}


def test_an_old_one_that_had_lost_its_policy_has_it_again_when_it_is_put_back() -> None:
    engine = with_broken(serving(1), 2)
    only = next(iter(engine.known.values()))
    engine.known[only.id] = only._replace(policy="no")

    report = deployed(engine, 2)

    assert report.outcome == "restored"
    assert policies(engine) == {1: "always"}


@pytest.mark.parametrize("label", ["False", "unless_stopped", "on-failure:0", "None"])
def test_a_new_container_with_a_label_that_no_daemon_takes_is_not_switched_to(label: str) -> None:
    engine = serving(1)
    engine.create(2, wanted_policy=label)

    report = switch(engine, order(2))

    assert (report.outcome, report.changed) == ("failed", False)
    assert f"is {label!r}, and must be one of no, on-failure" in report.reason
    assert engine.names(running=True) == [name(1)]


def test_a_kept_container_with_such_a_label_comes_back_and_is_always_started() -> None:
    engine = serving(1, 2)
    kept = next(each for each in engine.known.values() if each.digest == digest(1))
    engine.known[kept.id] = kept._replace(wanted_policy="False")

    report = switch(engine, order(1, restore_container=kept.id))

    assert report.outcome == "updated"
    assert policies(engine) == {1: "always", 2: "no"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"restart_policy": None, "restart_retries": None},
        {"restart_policy": "no", "restart_retries": 0},
        {"restart_policy": "on-failure", "restart_retries": "3"},
        {"restart_policy": "unless-stopped"},
    ],
    ids=str,
)
def test_what_docker_knows_is_accepted(options: dict[str, Any]) -> None:
    assert restart_problems(options) == []


@pytest.mark.parametrize("policy", [False, True, "", "None", "unless_stopped", "Always", 0, ["no"]])
def test_a_policy_that_a_template_rendered_wrongly_is_in_the_way(policy: Any) -> None:
    problems = option_problems({"restart_policy": policy})

    assert len(problems) == 1
    assert problems[0].startswith('restart_policy of the container\'s options must be "no" (in')
