# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever owns one host owns that host, and neither the control node nor another host.

The playbooks run by hand, where Ansible makes variables of facts unless the user says otherwise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.collection.playbook_runs import Playbooks
from tests.collection.stand_ins import DIGEST, SHOP, StandIns, four_hosts
from tests.support.hostile_python import HostilePython

OTHER = "sha256:" + "b" * 64
ESCAPES = "\x1b[Ke30=\x1b[4D\x1b[K\x9b31m\u202e"
rare = partial(pytest.param, marks=pytest.mark.nightly)
LOGIN = {"username": "bot", "password": "of-the-shop"}
OTHER_LOGIN = {"username": "bot", "password": "of-another-registry"}
# A task file that stands for those with `delegate_to: localhost` that the ansible package ships.
ON_THE_CONTROL_NODE = """\
- name: Do as the attacker likes
  ansible.builtin.copy: {content: x, dest: "%s", mode: "0600"}
  delegate_to: localhost
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


@pytest.fixture
def hostile(stand_ins: StandIns) -> HostilePython:
    """Take over the first host of the inventory, which is also the canary."""
    return stand_ins.take_over("h1")


@pytest.fixture
def trace(stand_ins: StandIns) -> Path:
    """Return the file that exists once a command of the attacker ran on the control node."""
    return stand_ins.playbooks.folder / "trace"


def task_file(stand_ins: StandIns, name: str, content: str) -> str:
    return str(stand_ins.playbooks.write(name, content))


def declare_registries(stand_ins: StandIns) -> None:
    registries = {"registry.example.com": LOGIN, "other.example.com": OTHER_LOGIN}
    stand_ins.playbooks.write("inventory/group_vars/all/registries.yml", {"registries": registries})


def forged_app(**fields: Any) -> dict[str, Any]:
    return {"apps": {"shop": {**SHOP, **fields}}}


@dataclass(frozen=True)
class Deployment:
    """What became of one in which the canary told every lie at once."""

    stand_ins: StandIns
    run: Playbooks
    answers: int
    trace: Path


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with pytest.MonkeyPatch.context() as patch:
        stand_ins = four_hosts(tmp_path_factory.mktemp("lied"), patch)
        hostile, trace = stand_ins.take_over("h1"), stand_ins.playbooks.folder / "trace"
        declare_registries(stand_ins)
        evil = task_file(stand_ins, "evil.yml", ON_THE_CONTROL_NODE % trace)
        hostile.answer(**_addition(trace), ansible_facts=_lies(evil))
        run = stand_ins.deploy()
        yield Deployment(stand_ins, run, hostile.answers, trace)


def _lies(evil: str) -> dict[str, Any]:
    hooks = {"docker_container_before_switch": evil, "docker_container_after_switch": evil}
    image = {"docker_container_image": "other.example.com/a/b"}
    digests = {"longshore_release_digest": OTHER, "docker_container_digest": OTHER}
    targets = {host: {"digest": OTHER, "container": ""} for host in ("h1", "h2")}
    fixed = {"app": "shop", "image": "other.example.com/a/b", "hosts": {}}
    return {
        **hooks,
        "__docker_container_hook": evil,
        **forged_app(image="other.example.com/acme/shop"),
        **image,
        **digests,
        "longshore_targets": targets,
        "longshore_fixed": fixed,
    }


def _addition(trace: Path) -> dict[str, Any]:
    variables = {"ansible_connection": "local", "docker_container_socket": str(trace)}
    groups = ["longshore_release", "longshore_switch"]
    return {
        "changed": True,
        "add_host": {"host_name": "h9", "groups": groups, "host_vars": variables},
        "add_group": "longshore_switch",
    }


@pytest.mark.matrix
def test_facts_choose_no_task_file(lied_to: Deployment) -> None:
    assert lied_to.run.returncode == 0, lied_to.run.output
    assert lied_to.answers >= 3
    assert not lied_to.trace.exists()


@pytest.mark.matrix
def test_facts_lend_no_login_of_another_registry(lied_to: Deployment) -> None:
    told = lied_to.stand_ins

    assert LOGIN["password"] in json.dumps(told.arguments("image_pull")["h1"])
    assert OTHER_LOGIN["password"] not in told.all_arguments()


@pytest.mark.matrix
def test_facts_change_no_digest(lied_to: Deployment) -> None:
    assert DIGEST in lied_to.stand_ins.all_arguments()
    assert OTHER not in lied_to.stand_ins.all_arguments()


@pytest.mark.matrix
def test_a_result_adds_no_host(lied_to: Deployment) -> None:
    assert "h9" not in lied_to.run.output
    assert sorted(lied_to.stand_ins.asked("container_switch")) == ["h1", "h2", "h3", "h4"]


@pytest.mark.nightly
def test_facts_from_within_a_hook_choose_no_task_file(
    stand_ins: StandIns, hostile: HostilePython, trace: Path
) -> None:
    evil = task_file(stand_ins, "evil.yml", ON_THE_CONTROL_NODE % trace)
    hook = task_file(stand_ins, "hook.yml", "- ansible.builtin.ping:\n")
    hooks = {"docker_container_before_switch": hook, "docker_container_after_switch": hook}
    stand_ins.playbooks.write("inventory/group_vars/all/hooks.yml", hooks)
    hostile.answer(ansible_facts=dict.fromkeys([*hooks, "__docker_container_hook"], evil))

    run = stand_ins.deploy()

    assert run.returncode == 0, run.output
    assert hostile.answers >= 5
    assert not trace.exists()


@pytest.mark.parametrize("where", ["module", rare("hook")])
def test_facts_widen_no_batch(stand_ins: StandIns, hostile: HostilePython, where: str) -> None:
    stand_ins.declare(rollout={"serial": [1, "100%"]})
    stand_ins.break_switch("h1")
    if where == "hook":
        hook = task_file(stand_ins, "hook.yml", "- ansible.builtin.ping:\n")
        hooks = {"docker_container_before_switch": hook}
        stand_ins.playbooks.write("inventory/group_vars/all/hooks.yml", hooks)
    rollout = {"serial": ["100%"], "failure_budget": "100%", "max_fail_percentage": 100}
    forged = {"longshore_rollout": rollout, "longshore_restore": {}, "longshore_hosts": []}
    hostile.answer(ansible_facts={**forged_app(rollout=rollout), **forged})

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert set(stand_ins.asked("container_switch")) == {"h1"}


def test_facts_take_no_host_into_a_rollback(stand_ins: StandIns, hostile: HostilePython) -> None:
    stand_ins.declare(hosts="web:!h4")
    hostile.answer(ansible_facts={**forged_app(hosts="all"), "longshore_pattern": ["h1", "h4"]})

    run = stand_ins.run("rollback", longshore_digest=DIGEST)

    assert run.returncode == 0, run.output
    assert sorted(stand_ins.asked("container_switch")) == ["h1", "h2", "h3"]


@pytest.mark.matrix
@pytest.mark.parametrize("playbook", ["deploy", rare("status")])
def test_facts_that_an_earlier_playbook_cached_are_refused_by_name(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, playbook: str
) -> None:
    first = {"deploy": "container_preflight", "status": "container_status"}[playbook]
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN", "jsonfile")
    monkeypatch.setenv("ANSIBLE_CACHE_PLUGIN_CONNECTION", str(stand_ins.playbooks.folder / "cache"))
    stand_ins.take_over("h2").answer(ansible_facts=forged_app(hosts="h2"))
    stand_ins.playbooks.write(
        "ping.yml", [{"hosts": "h2", "tasks": [{"ansible.builtin.ping": {}}]}]
    )
    assert stand_ins.playbooks.run("ping.yml").returncode == 0

    refused = stand_ins.run(playbook, longshore_digest=DIGEST)

    assert refused.returncode != 0
    assert "h2: apps" in refused.output
    assert "inject_facts_as_vars = False" in refused.output
    assert stand_ins.asked(first) == []

    monkeypatch.setenv("ANSIBLE_INJECT_FACT_VARS", "False")
    allowed = stand_ins.run(playbook, longshore_digest=DIGEST)

    assert allowed.returncode == 0, allowed.output
    assert sorted(stand_ins.asked(first)) == ["h1", "h2", "h3", "h4"]


FIELDS = ["msg", "reason", "warnings", "deprecations", "exception", "problems", "log", "health"]


@pytest.mark.matrix
@pytest.mark.parametrize("playbook", ["deploy", "status"])
def test_no_escape_sequence_of_a_host_is_printed(
    stand_ins: StandIns, hostile: HostilePython, playbook: str
) -> None:
    texts: dict[str, Any] = dict.fromkeys(FIELDS, ESCAPES)
    lists = {"warnings": [ESCAPES], "problems": [ESCAPES], "log": [ESCAPES]}
    deprecations = [{"msg": ESCAPES, "version": "9"}]
    keys = {**texts, **lists, "deprecations": deprecations, ESCAPES: 1, "failed": True}
    hostile.answer(before=f"{ESCAPES}\n", **keys)

    run = stand_ins.run(playbook, longshore_digest=DIGEST)

    assert hostile.answers
    assert not set(run.output) & {"\x1b", "\x9b", "\u202e"}


def test_a_login_that_a_host_says_back_is_not_printed(
    stand_ins: StandIns, hostile: HostilePython
) -> None:
    declare_registries(stand_ins)
    hostile.answer(failed=True, msg=f"I was sent {LOGIN['password']}", problems=[])

    run = stand_ins.deploy("-vvv")

    assert "I was sent <password>" in run.output
    assert LOGIN["password"] not in run.output
    assert LOGIN["password"] not in json.dumps(run.events)


@pytest.mark.nightly
def test_a_long_answer_is_cut(stand_ins: StandIns, hostile: HostilePython) -> None:
    hostile.answer(failed=True, msg="x" * 5_000_000, extra="y" * 5_000_000)

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert len(run.output) < 50_000


def test_bootstrap_takes_no_other_facts(
    stand_ins: StandIns, hostile: HostilePython, trace: Path
) -> None:
    """The role goes on with what it knows of the host, and ends at the first thing it cannot do."""
    play = """\
- hosts: h1
  gather_facts: false
  tasks:
    - longshore.containers.host_facts:
    - longshore.containers.host_facts: {packages: true}
    - ansible.builtin.copy:
        content: "{{ hostvars.h1 | dict2items | map(attribute='key') | to_json }}"
        dest: "%s"
      delegate_to: localhost
      vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
    stand_ins.playbooks.write("play.yml", play % trace)
    forged = {"docker_host_registries": [OTHER_LOGIN], "ansible_distribution": ["no text"]}
    hostile.answer(ansible_facts={**forged, "apps": {}, "packages": {"docker-ce": [{"a": "b"}]}})

    run = stand_ins.playbooks.run("play.yml")

    assert run.returncode == 0, run.output
    known = set(json.loads(trace.read_text()))
    assert {"ansible_distribution", "packages"} <= known
    assert not {"docker_host_registries", "registries"} & known
