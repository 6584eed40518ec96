# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks accept and refuse the apps of the table, as the bridge does.

The same table is in tests/config/test_app_cases.py.
"""

import json
import sys
from functools import partial
from typing import Any

import pytest
import yaml
from ansible_collections.longshore.containers.plugins.plugin_utils._app_entry import app_problems

from tests.collection.conftest import Playbooks
from tests.collection.stand_ins import StandIns
from tests.support.app_cases import CASES, HOSTS, IMAGE, WITH_HOSTS, Case, app

rare = partial(pytest.param, marks=pytest.mark.nightly)
# Ansible's own values of every case at once, judged as tasks/select.yml judges one.
JUDGE = """\
- hosts: h1
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        dest: "{{ playbook_dir }}/judged.json"
        mode: "0600"
        content: >-
          {%- set found = [] -%}
          {%- for case in cases -%}
          {%- set _ = found.append(hostvars[inventory_hostname].cases[loop.index0].entry
                | longshore.containers.app_problems(app=case.name, hosts=4)) -%}
          {%- endfor -%}
          {{ found | to_json }}
"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    made = Playbooks(tmp_path_factory.mktemp("judged"))
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    made.write("inventory/hosts.yml", {"all": {"hosts": {"h1": local}}})
    cases = [{"name": case.name, "entry": case.entry} for case in [*CASES, *WITH_HOSTS]]
    text = yaml.safe_dump({"cases": cases}, allow_unicode=True)
    made.write("inventory/group_vars/all/cases.yml", text)
    made.write("judge.yml", JUDGE)
    run = made.run("judge.yml")
    assert run.returncode == 0, run.output
    found: list[list[str]] = json.loads((made.folder / "judged.json").read_text())
    return found


@pytest.mark.matrix
@pytest.mark.parametrize("number", range(len(CASES + WITH_HOSTS)))
def test_an_app_is_accepted_or_refused_in_these_words(number: int, judged: Any) -> None:
    case = [*CASES, *WITH_HOSTS][number]

    assert judged[number] == [case.line][: bool(case.line)], case


@pytest.mark.parametrize("case", WITH_HOSTS, ids=str)
def test_a_number_of_hosts_counts_where_it_is_known(case: Case) -> None:
    assert app_problems(case.name, case.entry) == []
    assert list(map(str, app_problems(case.name, case.entry, hosts=HOSTS))) == [case.line]


def test_every_problem_of_an_app_is_told_at_once() -> None:
    entry = app(rollout={"serial": 0, "pause": "x"}, keep=-1, hosts=None)

    assert [problem.path for problem in app_problems("shop", entry)] == [
        "hosts",
        "rollout.serial",
        "rollout.pause",
        "keep",
    ]


def test_a_path_is_printable() -> None:
    (problem,) = app_problems("shop", app(**{"\x1b[2J": 1}))

    assert str(problem).startswith(r"apps.shop.\x1b[2J: is not known here")


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hosts": None}, "apps.shop.hosts: is required"),
        ({"health": {"timeout": "20"}}, "apps.shop.health.timeout: must be a number of seconds"),
        rare(
            {"rollout": {"supersede": "soon"}}, "apps.shop.rollout.supersede: must be one of batch,"
        ),
        rare(
            {"container": {"state": "x"}},
            "apps.shop.container: state cannot be set here: the",
        ),
        (
            {"switch": "start_first", "container": {"published_ports": ["80:80"]}},
            "apps.shop.switch: start_first needs two containers at once, but container.published",
        ),
        rare(
            {"rollout": {"failure_budget": 9}},
            "apps.shop.rollout.failure_budget: must be at most",
        ),
    ],
    ids=str,
)
def test_a_playbook_refuses_an_app_before_any_host_is_asked(
    stand_ins: StandIns, fields: dict[str, Any], said: str
) -> None:
    stand_ins.declare(**fields)
    if fields.get("hosts", "web") is None:
        entry = {"apps": {"shop": {"image": IMAGE}}}
        stand_ins.playbooks.write("inventory/group_vars/all/apps.yml", entry)

    run = stand_ins.deploy()

    assert run.returncode != 0
    assert run.of("error")[0]["message"].startswith(said)
    assert stand_ins.all_arguments() == ""


def test_what_only_a_host_can_render_is_left_to_the_host(stand_ins: StandIns) -> None:
    stand_ins.declare(
        switch="start_first",
        health={"timeout": "{{ known_on_no_host }}", "tcp": "container:80"},
        container={"published_ports": "{{ known_on_no_host }}"},
    )

    run = stand_ins.deploy()

    assert run.of("expected") != []
    assert "apps.shop" not in run.output


def test_a_restart_policy_that_one_host_renders_wrongly_is_refused(stand_ins: StandIns) -> None:
    stand_ins.playbooks.write("inventory/host_vars/h3.yml", "policy: no\n")
    stand_ins.declare(container={"restart_policy": "{{ policy | default('always') }}"})

    run = stand_ins.deploy()

    said = 'apps.shop.container.restart_policy: must be "no" (in quotes: YAML reads no as false)'
    assert run.of("error")[0]["message"].startswith(said)
    assert stand_ins.all_arguments() == ""


@pytest.mark.matrix
def test_each_host_is_given_the_restart_policy_that_was_written(stand_ins: StandIns) -> None:
    wanted: dict[str, tuple[Any, Any]] = {
        "h1": (None, 0),
        "h2": ("no", None),
        "h3": ("on-failure", "3"),
        "h4": ("unless-stopped", 0),
    }
    for host, (policy, retries) in wanted.items():
        variables = yaml.safe_dump({"policy": policy, "retries": retries})
        stand_ins.playbooks.write(f"inventory/host_vars/{host}.yml", variables)
    options = {"restart_policy": "{{ policy }}", "restart_retries": "{{ retries }}"}
    stand_ins.declare(container=options)

    stand_ins.deploy()

    looked = stand_ins.arguments("container_preflight")
    assert {host: tuple(each["options"].values()) for host, each in looked.items()} == wanted
    staged = stand_ins.arguments("docker_container")
    labels = {host: each["labels"]["longshore.restart_policy"] for host, each in staged.items()}
    expected = {"h1": "always", "h2": "no", "h3": "on-failure:3", "h4": "unless-stopped"}
    assert labels == expected


def test_each_host_is_judged_by_its_own_variables(stand_ins: StandIns) -> None:
    stand_ins.playbooks.write("inventory/host_vars/h3.yml", {"wait": 0})
    stand_ins.playbooks.write("inventory/group_vars/web.yml", {"wait": 30})
    stand_ins.declare(health={"timeout": "{{ wait }}"})

    run = stand_ins.deploy()

    assert run.of("error")[0]["message"].startswith("apps.shop.health.timeout: must be a number")
    assert stand_ins.all_arguments() == ""


def test_a_short_name_is_read_as_docker_reads_it(stand_ins: StandIns) -> None:
    login = {"username": "u", "password": "p"}
    registries = {"https://index.docker.io/v1/": login, "[2001:DB8:0::1]:5000": {}}
    stand_ins.playbooks.write("inventory/group_vars/web.yml", {"registries": registries})
    stand_ins.declare(image="nginx")
    stand_ins.end_before_staging()

    stand_ins.deploy()

    told = stand_ins.arguments("container_preflight")["h1"]
    assert (told["image"], told["login"]) == ("docker.io/library/nginx", login)


def test_a_restore_works_whatever_the_entry_says(stand_ins: StandIns) -> None:
    stand_ins.declare(health={"timeout": 0}, keep=-1, swtich=1)

    run = stand_ins.deploy(longshore_restore={})

    assert run.of("expected") != []


def test_the_table_is_large_and_says_both() -> None:
    accepted = [case for case in CASES if not case.line]

    assert len(accepted) > 30
    assert len(CASES) - len(accepted) > 100
