# SPDX-License-Identifier: GPL-3.0-or-later
"""How the playbook goes from batch to batch, and where it stops."""

import pytest

from tests.collection.conftest import Playbooks
from tests.collection.stand_ins import StandIns

# What ansible-playbook ends with where hosts could not be reached, and nothing else was wrong.
_UNREACHABLE = 4
# Enough for a stand-in on a busy machine.
_PATIENCE_S = 6
CANARY = {"serial": [1, 2, "100%"]}


def outcomes(run: Playbooks) -> dict[str, str]:
    return {each["host"]: each["outcome"] for each in run.of("outcome")}


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
    module = "collections/ansible_collections/longshore/containers/plugins/modules"
    switch = stand_ins.playbooks.folder / module / "container_switch.py"
    switch.write_text(f"open({str(stop)!r}, 'w').write('canceled')\n{switch.read_text()}")

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


def test_an_app_may_ask_for_all_of_its_hosts(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"unreachable": "fail"})
    stand_ins.lose("h2")

    run = stand_ins.deploy()

    assert stand_ins.asked("docker_container") == []
    assert run.of("stopped")[0]["reason"] == "unreachable"
    assert outcomes(run) == {"h2": "unreachable", **dict.fromkeys(["h1", "h3", "h4"], "skipped")}


_LIMITED = "toomanyrequests: You have reached your pull rate limit"


@pytest.mark.parametrize("module", ["container_preflight", "image_pull"])
def test_hosts_that_the_registry_does_not_serve_keep_no_other_from_going_on(
    stand_ins: StandIns, module: str
) -> None:
    for host in ("h1", "h2", "h3"):
        stand_ins.answer(host, module, failed=True, msg=_LIMITED, registry="rate_limited")

    run = stand_ins.deploy()

    assert outcomes(run) == {
        **dict.fromkeys(["h1", "h2", "h3"], "registry_trouble"),
        "h4": "updated",
    }
    told = [each for each in run.of("outcome") if each["host"] == "h1"]
    assert told[0]["step"] == "stage"
    assert _LIMITED in told[0]["reason"]
    assert "SSH" not in told[0]["reason"]
    assert run.of("problem") == []
    assert run.returncode == _UNREACHABLE
    assert stand_ins.asked("container_switch") == ["h4"]


@pytest.mark.parametrize("module", ["container_preflight", "image_pull"])
def test_an_app_that_asks_for_all_hosts_waits_for_the_registry_too(
    stand_ins: StandIns, module: str
) -> None:
    stand_ins.declare(rollout={"unreachable": "fail"})
    stand_ins.answer("h2", module, failed=True, msg=_LIMITED, registry="failing")

    run = stand_ins.deploy()

    assert stand_ins.asked("container_switch") == []
    assert run.of("stopped")[0]["reason"] == "registry_trouble"
    assert outcomes(run) == {
        "h2": "registry_trouble",
        **dict.fromkeys(["h1", "h3", "h4"], "skipped"),
    }


def test_a_deployment_that_is_tried_again_comes_to_the_registry_host_by_host(
    stand_ins: StandIns,
) -> None:
    stand_ins.deploy()
    first = {**stand_ins.arguments("image_pull"), **stand_ins.arguments("container_preflight")}
    stand_ins.deploy(longshore_again=True)
    again = [stand_ins.arguments(module) for module in ("container_preflight", "image_pull")]

    assert {told["registry_spread"] for told in first.values()} == {0}
    # Four hosts, five a second.
    assert [told["registry_spread"] for each in again for told in each.values()] == [
        pytest.approx(0.6)
    ] * 8


def test_a_host_that_gives_no_answer_is_taken_as_away(stand_ins: StandIns) -> None:
    stand_ins.silence("h1")

    run = stand_ins.deploy(docker_container_answer_timeout=_PATIENCE_S)

    assert outcomes(run) == {
        "h1": "unreachable",
        **dict.fromkeys(["h2", "h3", "h4"], "updated"),
    }
    told = next(each["reason"] for each in run.of("outcome") if each["host"] == "h1")
    assert "docker_container_answer_timeout" in told
    assert run.returncode == _UNREACHABLE
    assert stand_ins.asked("container_switch")[0] == "h2"


def test_a_problem_stops_all_also_beside_a_host_that_gives_no_answer(stand_ins: StandIns) -> None:
    stand_ins.silence("h1")
    stand_ins.answer("h2", "container_preflight", failed=True, problems=["no room"])

    run = stand_ins.deploy(docker_container_answer_timeout=_PATIENCE_S)

    assert stand_ins.asked("docker_container") == []
    assert outcomes(run) == {
        "h1": "unreachable",
        "h2": "failed",
        **dict.fromkeys(["h3", "h4"], "skipped"),
    }
    assert run.of("stopped")[0]["reason"] == "preflight"


def test_hosts_that_are_away_do_not_count_as_failures(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout=CANARY)
    stand_ins.lose("h1")

    run = stand_ins.deploy()

    assert outcomes(run) == {
        "h1": "unreachable",
        **dict.fromkeys(["h2", "h3", "h4"], "updated"),
    }


def _lose_in_its_hook(stand_ins: StandIns, host: str) -> None:
    """Let the host's hook after the switch need a load balancer that is away."""
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    task = {"name": "Ready", "ansible.builtin.command": "true", "delegate_to": "lb1", "vars": away}
    hook = stand_ins.playbooks.write("hooks/ready.yml", [task])
    variables = {"docker_container_after_switch": str(hook)}
    stand_ins.playbooks.write(f"inventory/host_vars/{host}.yml", variables)


def test_a_host_that_is_lost_in_its_hook_counts_for_the_budget(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": 2})
    _lose_in_its_hook(stand_ins, "h1")

    run = stand_ins.deploy()

    ended = {each["host"]: each["outcome"] for each in run.of("outcome")}
    assert ended == {"h1": "failed", "h2": "updated", "h3": "skipped", "h4": "skipped"}
    assert run.of("stopped")[0]["reason"] == "failure_budget"
    assert "h1" in run.of("stopped")[0]["why"]
    assert run.returncode != 0


def test_a_host_that_is_lost_in_its_hook_may_be_within_the_budget(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": 2, "failure_budget": 2})
    _lose_in_its_hook(stand_ins, "h1")
    stand_ins.break_switch("h2", "h4")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "failed", "h2": "restored", "h3": "updated", "h4": "restored"}
    assert "3 hosts failed" in run.of("stopped")[0]["why"]
    assert run.returncode != 0


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


def test_a_host_whose_release_cannot_be_staged_stops_no_other_in_a_run_for_some(
    stand_ins: StandIns,
) -> None:
    stand_ins.declare(rollout=CANARY)
    stand_ins.answer("h1", "docker_container", failed=True, msg="404: no such image")

    run = stand_ins.deploy(longshore_hosts=["h1", "h2"])

    assert outcomes(run) == {"h1": "failed", "h2": "updated"}
    assert run.returncode != 0


def test_a_rollout_that_is_no_mapping_is_refused_in_a_run_for_some_too(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout="fast")

    run = stand_ins.deploy(longshore_hosts=["h1"])

    assert "apps.shop.rollout: must be a table of keys" in run.of("error")[0]["message"]
