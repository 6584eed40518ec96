# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are lost, give no answer or are not served by the registry, and the rest."""

import pytest

from tests.collection.playbook_runs import outcomes
from tests.collection.stand_ins import StandIns

# What ansible-playbook ends with where hosts could not be reached, and nothing else was wrong.
_UNREACHABLE = 4
# Enough for a stand-in on a busy machine.
_PATIENCE_S = 6

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


@pytest.mark.nightly
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


@pytest.mark.nightly
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


@pytest.mark.nightly
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


@pytest.mark.nightly
def test_a_host_that_is_lost_in_its_hook_may_be_within_the_budget(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": 2, "failure_budget": 2})
    _lose_in_its_hook(stand_ins, "h1")
    stand_ins.break_switch("h2", "h4")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "failed", "h2": "restored", "h3": "updated", "h4": "restored"}
    assert "3 hosts failed" in run.of("stopped")[0]["why"]
    assert run.returncode != 0
