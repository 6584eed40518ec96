# SPDX-License-Identifier: GPL-3.0-or-later
"""How the playbook goes from batch to batch, and where it stops."""

import pytest

from tests.collection.playbook_runs import outcomes
from tests.collection.stand_ins import StandIns

CANARY = {"serial": [1, 2, "100%"]}


def test_the_canary_is_first_and_the_same_every_time(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout=CANARY)

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert set(outcomes(run).values()) == {"updated"}
    assert stand_ins.asked("container_switch")[0] == "h1"
    assert sorted(stand_ins.asked("container_switch")[1:3]) == ["h2", "h3"]
    assert run.of("stopped") == []


def test_a_failed_canary_stops_the_rollout(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout=CANARY)
    stand_ins.break_switch("h1")

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert stand_ins.asked("container_switch") == ["h1"]
    assert outcomes(run) == {"h1": "restored", **dict.fromkeys(["h2", "h3", "h4"], "skipped")}
    (stopped,) = run.of("stopped")
    assert stopped["reason"] == "failure_budget"
    assert "h1" in stopped["why"]
    assert stopped["why"] in run.of("outcome")[1]["reason"]


@pytest.mark.nightly
def test_failures_within_the_budget_do_not_stop_the_rollout(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={**CANARY, "failure_budget": "50%"})
    stand_ins.break_switch("h1", "h3")

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert outcomes(run) == {"h1": "restored", "h2": "updated", "h3": "restored", "h4": "updated"}
    assert run.of("stopped") == []


def test_failures_of_several_batches_together_exceed_the_budget(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={**CANARY, "failure_budget": 1})
    stand_ins.break_switch("h1", "h3")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "restored", "h2": "updated", "h3": "restored", "h4": "skipped"}
    assert "h1, h3" in run.of("stopped")[0]["why"]


def test_hosts_that_the_bridge_knew_and_the_inventory_lost_are_left_out(
    stand_ins: StandIns,
) -> None:
    run = stand_ins.deploy(longshore_hosts=["gone", "h4"], longshore_lenient=True)

    assert run.returncode == 0, run.output
    assert outcomes(run) == {"h4": "updated"}

    run = stand_ins.deploy(longshore_hosts=["gone"], longshore_lenient=True)

    assert run.returncode != 0
    assert "longshore_hosts names what is no host of shop: gone" in run.of("error")[0]["message"]


def test_a_stop_file_ends_the_pause_between_batches(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={**CANARY, "pause": "1h"})
    stop = stand_ins.playbooks.folder / "stop"
    # The canary itself writes it, so that it is there before the pause has passed.
    stand_ins.run_also("container_switch", f"open({str(stop)!r}, 'w').write('canceled')\n")

    run = stand_ins.deploy(longshore_stop_file=str(stop))

    assert run.returncode != 0
    assert stand_ins.asked("container_switch") == ["h1"]
    assert run.of("stopped")[0]["reason"] == "canceled"
    assert outcomes(run) == {"h1": "updated", **dict.fromkeys(["h2", "h3", "h4"], "skipped")}
    assert "the run was canceled" in run.of("outcome")[1]["reason"]


def test_a_wrong_rollout_is_refused_with_its_key(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": 0, "failure_budget": 5})

    run = stand_ins.deploy()

    assert run.returncode != 0
    said = run.of("error")[0]["message"]
    assert "apps.shop.rollout.serial: must be a whole number of hosts" in said
    assert "apps.shop.rollout.failure_budget: must be at most 4, " in said
    assert stand_ins.asked("docker_container") == []


def test_pre_flight_tells_every_problem_of_every_host_and_changes_nothing(
    stand_ins: StandIns,
) -> None:
    found = {"h2": ["there is no volume data", "port 80/tcp is held"], "h4": ["no room"]}
    for host, problems in found.items():
        stand_ins.answer(host, "container_preflight", failed=True, problems=problems)

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert sorted(stand_ins.asked("container_preflight")) == ["h1", "h2", "h3", "h4"]
    assert stand_ins.asked("docker_container") == []
    assert {each["host"]: each["problems"] for each in run.of("problem")} == found
    assert outcomes(run) == {"h2": "failed", "h4": "failed", "h1": "skipped", "h3": "skipped"}
    assert run.of("stopped")[0]["reason"] == "preflight"
    summary = run.output[run.output.index("PROBLEMS") :].splitlines()
    assert summary[1:4] == [
        "h2  there is no volume data",
        "h2  port 80/tcp is held",
        "h4  no room",
    ]


@pytest.mark.nightly
def test_an_app_may_ask_for_all_of_its_hosts(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"unreachable": "fail"})
    stand_ins.lose("h2")

    run = stand_ins.deploy()

    assert stand_ins.asked("docker_container") == []
    assert run.of("stopped")[0]["reason"] == "unreachable"
    assert outcomes(run) == {"h2": "unreachable", **dict.fromkeys(["h1", "h3", "h4"], "skipped")}


def test_hosts_that_are_away_do_not_count_as_failures(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout=CANARY)
    stand_ins.lose("h1")

    run = stand_ins.deploy()

    assert outcomes(run) == {
        "h1": "unreachable",
        **dict.fromkeys(["h2", "h3", "h4"], "updated"),
    }


def test_in_a_run_for_some_hosts_none_keeps_the_others_waiting(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": 1, "unreachable": "fail"})
    stand_ins.answer("h1", "container_preflight", failed=True, problems=["no room"])
    stand_ins.break_switch("h2")
    stand_ins.lose("h3")

    run = stand_ins.deploy(longshore_hosts=["h1", "h2", "h3", "h4"])

    assert outcomes(run) == {
        "h1": "failed",
        "h2": "restored",
        "h3": "unreachable",
        "h4": "updated",
    }
    assert stand_ins.asked("container_switch") == ["h2", "h4"]
    assert run.of("stopped") == []
    assert run.returncode != 0


@pytest.mark.nightly
def test_a_host_whose_release_cannot_be_staged_stops_no_other_in_a_run_for_some(
    stand_ins: StandIns,
) -> None:
    stand_ins.declare(rollout=CANARY)
    stand_ins.answer("h1", "docker_container", failed=True, msg="404: no such image")

    run = stand_ins.deploy(longshore_hosts=["h1", "h2"])

    assert outcomes(run) == {"h1": "failed", "h2": "updated"}
    assert run.returncode != 0


@pytest.mark.nightly
def test_a_rollout_that_is_no_mapping_is_refused_in_a_run_for_some_too(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout="fast")

    run = stand_ins.deploy(longshore_hosts=["h1"])

    assert "apps.shop.rollout: must be a table of keys" in run.of("error")[0]["message"]
