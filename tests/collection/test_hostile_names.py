# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts with the names of other variables, and what of a user's own variables still works."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.collection.stand_ins import DIGEST, StandIns

EVIL = """\
- ansible.builtin.copy: {content: x, dest: "%s", mode: "0600"}
  delegate_to: localhost
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
HOOK = "docker_container_before_switch"
OTHER = "sha256:" + "b" * 64
rare = partial(pytest.param, marks=pytest.mark.nightly)


def leave_in_cache(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, host: str, **facts: Any
) -> None:
    """Run a playbook on a host that returns these facts, with a fact cache that stays."""
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(stand_ins.playbooks.folder / "cache"))
    python = stand_ins.take_over(host)
    python.answer(ansible_facts=facts)
    play = {"hosts": host, "gather_facts": False, "tasks": [{"ansible.builtin.ping": {}}]}
    stand_ins.playbooks.write("ping.yml", [play])
    assert stand_ins.playbooks.run("ping.yml").returncode == 0
    python.answer()


@pytest.mark.parametrize(
    "name", ["inventory_hostname", rare("inventory_dir"), rare("query"), "shop_hosts"]
)
def test_a_fact_with_the_name_of_any_variable_is_refused(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    stand_ins.playbooks.write("inventory/group_vars/all/ours.yml", {"shop_hosts": "h1:h2"})
    stand_ins.declare(hosts="{{ shop_hosts }}")
    leave_in_cache(stand_ins, monkeypatch, "h1", **{name: "h2"})

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert f"h1: {name}" in run.output
    assert stand_ins.asked("container_preflight") == []


@pytest.mark.nightly
def test_facts_as_setup_finds_them_are_no_trouble(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"ansible_distribution": "Debian", "ansible_local": {"a": 1}, "packages": {"bash": []}}
    leave_in_cache(stand_ins, monkeypatch, "h1", **facts)

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output


def test_a_fact_that_the_user_has_kept_is_no_trouble(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(stand_ins.playbooks.folder / "cache"))
    task = {"ansible.builtin.set_fact": {"rack": "r1", "cacheable": True}}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
    deploy = [{"ansible.builtin.import_playbook": "longshore.containers.deploy"}]
    stand_ins.playbooks.write("site.yml", [*play, *deploy])

    run = stand_ins.playbooks.run("site.yml", app="shop", longshore_digest=DIGEST)

    assert run.returncode == 0, run.output


def test_a_role_by_hand_believes_no_forged_name_of_a_host(stand_ins: StandIns) -> None:
    trace = stand_ins.playbooks.folder / "trace"
    evil = stand_ins.playbooks.write("evil.yml", EVIL % trace)
    forged = {"inventory_hostname": "h2", HOOK: str(evil)}
    stand_ins.take_over("h1").answer(ansible_facts=forged)
    role = {
        "role": "longshore.containers.docker_container",
        "docker_container_name": "shop",
        "docker_container_image": "registry.example.com/acme/shop",
        "docker_container_digest": DIGEST,
    }
    stand_ins.playbooks.write("play.yml", [{"hosts": "web", "gather_facts": True, "roles": [role]}])

    run = stand_ins.playbooks.run("play.yml")

    assert run.returncode != 0
    assert HOOK in run.output
    assert not trace.exists()


@pytest.mark.nightly
def test_a_hook_may_be_named_by_the_apps_variables(stand_ins: StandIns) -> None:
    done = stand_ins.playbooks.folder / "done"
    stand_ins.playbooks.write("hooks/shop.yml", EVIL % done)
    variables = {HOOK: "{{ inventory_dir }}/../hooks/{{ docker_container_name }}.yml"}
    stand_ins.playbooks.write("inventory/group_vars/all/hooks.yml", variables)

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert done.exists()


@pytest.mark.parametrize("where", ["hooks", "registries"])
def test_what_cannot_be_rendered_is_named_with_its_host(stand_ins: StandIns, where: str) -> None:
    password = "{{ 'x' if inventory_hostname != 'h4' else no_such_name }}"
    variables: dict[str, Any] = {
        "hooks": {HOOK: "{{ no_such_name }}/hooks/shop.yml"},
        "registries": {
            "registries": {"registry.example.com": {"username": "bot", "password": password}}
        },
    }
    stand_ins.playbooks.write("inventory/group_vars/all/more.yml", variables[where])

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert "of h4 cannot be rendered" in run.output
    assert "'no_such_name' is undefined" in json.dumps(run.events)
    assert stand_ins.asked("container_preflight") == []


@pytest.mark.parametrize("code", [1, 255])
@pytest.mark.parametrize("playbook", ["deploy", "status"])
def test_what_a_host_writes_instead_of_a_result_is_harmless(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, playbook: str, code: int
) -> None:
    """Also as the reason of a lost connection, which Ansible tells in the host's own words."""
    monkeypatch.setenv("ANSIBLE_PIPELINING", "True")
    login = {"username": "bot", "password": "of-the-shop"}
    registries = {"registry.example.com": login}
    stand_ins.playbooks.write("inventory/group_vars/all/more.yml", {"registries": registries})
    stand_ins.take_over("h1").fail("\x1b]0;x\x07\x9b2J\u202e I was sent of-the-shop\n", code)

    run = stand_ins.run(playbook, longshore_digest=DIGEST)

    assert not set(run.output) & {"\x1b", "\x9b", "\u202e", "\x07"}
    if playbook == "deploy":
        assert "of-the-shop" not in run.output + json.dumps(run.events)


def test_a_host_that_cannot_tell_a_digest_leaves_it_to_two_others(stand_ins: StandIns) -> None:
    other = "sha256:" + "b" * 64
    stand_ins.answer("h1", "image_digest", failed=True, msg="my daemon is down")
    stand_ins.answer("h2", "image_digest", digest=other)
    for host in ("h3", "h4"):
        stand_ins.answer(host, "image_digest", digest=DIGEST)

    run = stand_ins.run("deploy")

    assert run.returncode != 0
    assert f"h2 says {other}, h3 says {DIGEST}" in run.output


@pytest.mark.nightly
def test_a_host_whose_status_never_ends_is_away_in_a_rollback(stand_ins: StandIns) -> None:
    stand_ins.playbooks.write(
        "inventory/group_vars/all/more.yml", {"docker_container_answer_timeout": 6}
    )
    stand_ins.answer("h1", "container_status", seconds_of_silence=20)

    run = stand_ins.run("rollback", longshore_digest=DIGEST)

    outcomes = {each["host"]: each["outcome"] for each in run.of("outcome")}
    assert outcomes["h1"] == "unreachable"
    assert outcomes["h2"] == "updated"


def test_a_package_with_a_name_that_ansible_reads_is_passed_over(stand_ins: StandIns) -> None:
    facts: Path = stand_ins.playbooks.folder / "facts"
    tasks = [
        {"longshore.containers.host_facts": {"packages": True}},
        {
            "ansible.builtin.copy": {
                "content": "{{ ansible_facts.packages | to_json }}",
                "dest": str(facts),
            },
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "delegate_to": "localhost",
        },
    ]
    play = {"hosts": "h1", "gather_facts": False, "tasks": tasks}
    stand_ins.playbooks.write("play.yml", [play])
    forged = {"packages": {"__ansible_type": [], "docker-ce": []}}
    stand_ins.take_over("h1").answer(ansible_facts=forged)

    run = stand_ins.playbooks.run("play.yml")

    assert run.returncode == 0, run.output
    assert json.loads(facts.read_text()) == {"docker-ce": []}


def test_one_host_does_not_choose_the_digest_of_a_tag(stand_ins: StandIns) -> None:
    for host in ("h2", "h3", "h4"):
        stand_ins.answer(host, "image_digest", digest=DIGEST)
    stand_ins.answer("h1", "image_digest", digest=OTHER)

    run = stand_ins.run("deploy")

    assert run.returncode != 0
    assert f"h1 says {OTHER}, h2 says {DIGEST}" in run.output
    assert stand_ins.asked("container_preflight") == []


@pytest.mark.nightly
def test_two_hosts_that_agree_on_the_digest_of_a_tag_are_enough(stand_ins: StandIns) -> None:
    for host in ("h1", "h2", "h3", "h4"):
        stand_ins.answer(host, "image_digest", digest=DIGEST)

    run = stand_ins.run("deploy")

    assert run.returncode == 0, run.output
    assert stand_ins.asked("image_digest") == ["h1", "h2"]


@pytest.mark.nightly
def test_a_host_that_is_alone_is_believed(stand_ins: StandIns) -> None:
    stand_ins.answer("h1", "image_digest", digest=DIGEST)

    run = stand_ins.run("deploy", longshore_hosts=["h1"])

    assert run.returncode == 0, run.output
    assert stand_ins.asked("container_switch") == ["h1"]
