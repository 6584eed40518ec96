# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made in part, or is gone before its switch, is staged once more, and only there."""

import pytest

from tests.collection.playbook_runs import Playbooks
from tests.collection.stand_ins import DIGEST, StandIns

UNSTAGED = {"failed": True, "outcome": "failed", "staged": False, "reason": "it is gone"}


def outcomes(run: Playbooks) -> dict[str, str]:
    return {each["host"]: each["outcome"] for each in run.of("outcome")}


def reason(run: Playbooks, host: str) -> str:
    return next(str(each["reason"]) for each in run.of("outcome") if each["host"] == host)


def test_a_host_that_never_has_it_staged_fails_after_one_more_try(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": "100%", "failure_budget": 1})
    stand_ins.answer("h2", "container_switch", **UNSTAGED, msg="it is gone")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "updated", "h2": "failed", "h3": "updated", "h4": "updated"}
    assert sorted(stand_ins.asked("container_switch")) == ["h1", "h2", "h2", "h3", "h4"]
    assert sorted(stand_ins.asked("docker_container")) == ["h1", "h2", "h2", "h3", "h4"]


def test_a_host_on_which_it_cannot_be_staged_again_is_left_out_alone(stand_ins: StandIns) -> None:
    stand_ins.declare(rollout={"serial": "100%"})
    stand_ins.answer("h2", "container_switch", **UNSTAGED, msg="it is gone")
    stand_ins.answer("h2", "half_made_container", failed=True, msg="no network back")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "updated", "h2": "unreachable", "h3": "updated", "h4": "updated"}
    assert "it is gone. It was staged again, which failed: no network back" in reason(run, "h2")
    assert "connection was lost" not in reason(run, "h2")


def hooked(stand_ins: StandIns) -> None:
    """Have hooks that each make a folder, which fails the second time."""
    folder = stand_ins.playbooks.folder
    for name in ("before", "after"):
        path = f"{folder}/{{{{ inventory_hostname }}}}-{name}"
        stand_ins.playbooks.write(f"{name}.yml", f"- ansible.builtin.command: mkdir {path}\n")
    hooks = {f"docker_container_{n}_switch": str(folder / f"{n}.yml") for n in ("before", "after")}
    stand_ins.playbooks.write("inventory/group_vars/web.yml", hooks)
    stand_ins.declare(rollout={"serial": "100%", "failure_budget": 1})
    stand_ins.answer("h2", "container_switch", **UNSTAGED, changed=True, msg="it is gone")


def ran(stand_ins: StandIns) -> list[str]:
    return sorted(each.name for each in stand_ins.playbooks.folder.glob("h?-*"))


EVERY_HOOK = sorted(f"h{n}-{hook}" for n in (1, 2, 3, 4) for hook in ("before", "after"))


@pytest.mark.nightly
def test_hooks_are_run_once_around_a_switch_that_is_staged_again(stand_ins: StandIns) -> None:
    hooked(stand_ins)

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "updated", "h2": "failed", "h3": "updated", "h4": "updated"}
    last = stand_ins.arguments("container_switch").values()
    assert {told["retire"] for told in last} == {False}
    assert ran(stand_ins) == EVERY_HOOK


@pytest.mark.nightly
def test_a_host_that_is_left_out_is_made_use_of_again(stand_ins: StandIns) -> None:
    hooked(stand_ins)
    stand_ins.answer("h2", "half_made_container", failed=True, msg="no network back")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h1": "updated", "h2": "unreachable", "h3": "updated", "h4": "updated"}
    assert ran(stand_ins) == EVERY_HOOK


def test_a_container_that_lacks_a_network_is_made_once_more_and_never_staged(
    stand_ins: StandIns,
) -> None:
    stand_ins.declare(container={"networks": [{"name": "front"}, {"name": "back"}]})
    whole = {"NetworkSettings": {"Networks": {"front": {}, "back": {}}}}
    for host in ("h1", "h3", "h4"):
        stand_ins.answer(host, "docker_container", container=whole)
    part = {"NetworkSettings": {"Networks": {"front": {}}}}
    stand_ins.answer("h2", "docker_container", container=part)

    run = stand_ins.deploy()

    assert outcomes(run) == {"h2": "failed", "h1": "skipped", "h3": "skipped", "h4": "skipped"}
    assert "not what its options ask for: it is not in the network back" in reason(run, "h2")
    assert set(stand_ins.asked("half_made_container")) == {"h2"}
    assert stand_ins.asked("docker_container").count("h1") == 1
    told = stand_ins.arguments("half_made_container")["h2"]
    assert told["networks"] == [{"name": "front"}, {"name": "back"}]


@pytest.mark.nightly
def test_what_a_failed_call_left_behind_is_cleared_away_before_the_next_try(
    stand_ins: StandIns,
) -> None:
    stand_ins.answer("h2", "docker_container", failed=True, msg="500 at network back")

    run = stand_ins.deploy()

    assert outcomes(run) == {"h2": "failed", "h1": "skipped", "h3": "skipped", "h4": "skipped"}
    assert stand_ins.asked("half_made_container") == ["h2"] * 3
    assert stand_ins.asked("docker_container").count("h2") == 3


def test_a_kept_container_that_is_gone_is_made_anew_of_its_digest(stand_ins: StandIns) -> None:
    stand_ins.answer("h2", "container_preflight", kept=True, problems=[])
    stand_ins.answer("h2", "container_switch", **UNSTAGED, msg="it is no longer on this host")
    kept = {"digest": DIGEST, "container": "f" * 64}

    stand_ins.deploy(longshore_restore={"h2": kept}, longshore_hosts=["h2"])

    assert stand_ins.asked("docker_container") == ["h2"]
    first, second = stand_ins.all_of("container_switch")
    assert (first["restore_container"], first.get("name")) == ("f" * 64, None)
    assert (second.get("restore_container"), second["name"][:5]) == (None, "shop-")
