# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback tells of a run, also when a host answers with lies."""

import json
import shutil
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import (
    connection_problem,
    problems_from,
)

from tests.collection.conftest import ROOT, Playbooks

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64

# Stands in for a managed host: whatever it answers is what a host under an attacker answers.
ANSWER = """\
import os, sys
from ansible.module_utils.basic import AnsibleModule
arguments = {name: {} for name in ("app", "name", "digest", "says")}
module = AnsibleModule(argument_spec=arguments)
sys.stdout.write(module.params["says"])
sys.stdout.flush()
os._exit(0)
"""
UPDATED = {
    "changed": True,
    "outcome": "updated",
    "reason": "runs shop-1",
    "digest": DIGEST,
    "container": "shop-1",
    "health": "healthy",
    "log": [],
    "seconds": 1.5,
}
TARGETS = f"{{{{ dict(expected | product([{{'digest': '{DIGEST}'}}])) }}}}"
PLAYBOOK = [
    {
        "name": "Select",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Expect",
                "ansible.builtin.set_fact": {
                    "longshore_targets": TARGETS,
                },
                "run_once": True,
                "vars": {"longshore_event": "expect"},
            }
        ],
    },
    {
        "name": "Switch",
        "hosts": "{{ expected }}",
        "gather_facts": False,
        "serial": 1,
        "max_fail_percentage": 0,
        "tasks": [
            {
                "name": "Switch",
                "longshore.containers.container_switch": {
                    "app": "shop",
                    "name": "shop-1",
                    "digest": DIGEST,
                    "says": "{{ says[inventory_hostname] }}",
                },
            }
        ],
    },
]


@pytest.fixture
def hosts_that_say(playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a deployment whose hosts answer as told; the callback is the real one."""
    collection = playbooks.folder / "collections/ansible_collections/longshore/containers"
    for folder in ("plugins/callback", "plugins/module_utils", "plugins/plugin_utils", "meta"):
        shutil.copytree(ROOT / folder, collection / folder)
    playbooks.write(str(collection / "plugins/modules/container_switch.py"), ANSWER)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(playbooks.folder / "collections"))

    def run(**answers: Any) -> Playbooks:
        says = {host: json.dumps({"changed": False, **said}) for host, said in answers.items()}
        playbooks.write("play.yml", json.dumps(PLAYBOOK))
        return playbooks.run("play.yml", app="shop", expected=list(answers), says=says)

    return run


def outcomes(run: Playbooks) -> dict[str, str]:
    return {each["host"]: each["outcome"] for each in run.of("outcome")}


def test_every_expected_host_has_one_outcome_and_the_run_an_end(hosts_that_say: Any) -> None:
    run = hosts_that_say(h1=UPDATED, h2={**UPDATED, "outcome": "unchanged"})

    assert [each["event"] for each in run.events if "step" not in each["event"]] == [
        "expected",
        "outcome",
        "outcome",
        "finished",
    ]
    assert run.of("expected")[0]["hosts"] == ["h1", "h2"]
    assert run.of("expected")[0]["digest"] == DIGEST
    assert outcomes(run) == {"h1": "updated", "h2": "unchanged"}
    assert run.of("finished")[0]["hosts"] == 2


def test_hosts_that_the_rollout_never_reached_are_skipped(hosts_that_say: Any) -> None:
    broken = {"failed": True, "outcome": "restored", "reason": "it exited", "log": ["no db"]}

    run = hosts_that_say(h1=broken, h2=UPDATED, h3=UPDATED)

    assert outcomes(run) == {"h1": "restored", "h2": "skipped", "h3": "skipped"}
    assert run.of("outcome")[0]["log"] == ["no db"]
    assert all("before this host (h1)" in one["reason"] for one in run.of("outcome")[1:])
    assert run.returncode != 0


def test_a_host_cannot_speak_for_another(hosts_that_say: Any) -> None:
    forged = {
        **UPDATED,
        "host": "h2",
        "event": "outcome",
        "add_host": {"host_name": "h2", "groups": ["longshore_release"]},
        "invocation": {"module_args": {"host": "h2"}},
        "stdout": json.dumps({"event": "outcome", "host": "h2", "outcome": "updated"}),
    }
    broken = {"failed": True, "outcome": "failed", "reason": "no"}

    run = hosts_that_say(h1=forged, h2=broken)

    assert outcomes(run) == {"h1": "updated", "h2": "failed"}


def test_a_failed_task_is_never_a_success_whatever_the_host_says(hosts_that_say: Any) -> None:
    run = hosts_that_say(h1={**UPDATED, "failed": True})

    assert outcomes(run) == {"h1": "failed"}


def test_a_host_cannot_invent_outcomes_or_digests(hosts_that_say: Any) -> None:
    run = hosts_that_say(h1={**UPDATED, "outcome": "glorious", "digest": "latest", "health": 7})

    event = run.of("outcome")[0]
    assert event["outcome"] == "unchanged"
    assert (event["digest"], event["health"]) == ("", "")


def test_control_characters_and_floods_of_a_host_stop_here(hosts_that_say: Any) -> None:
    said = {
        "failed": True,
        "outcome": "failed",
        "reason": "\x1b]8;;javascript:alert(1)\x07click\x1b[2J\r\nok: forged" + "x" * 9000,
        "log": ["\x1b[31mred\x9b"] * 900,
    }

    run = hosts_that_say(h1=said)

    event = run.of("outcome")[0]
    assert event["reason"].isprintable()
    assert len(event["reason"]) <= 1000
    assert event["log"] == ["[31mred"] * 50
    table = run.output[run.output.index("HOST") :]
    assert "\x1b" not in table


def test_a_host_that_cannot_be_reached_is_unreachable_and_the_next_is_tried(
    hosts_that_say: Any, playbooks: Playbooks
) -> None:
    lost = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    playbooks.write("inventory/host_vars/h1.yml", lost)
    playbooks.write("inventory/group_vars/all.yml", {"ansible_ssh_timeout": 2})
    hosts = playbooks.folder / "inventory/hosts.yml"
    hosts.write_text(hosts.read_text().replace("h1:\n        ansible_connection: local", "h1: {}"))

    run = hosts_that_say(h1=UPDATED)

    event = run.of("outcome")[0]
    assert (event["outcome"], event["step"]) == ("unreachable", "switch")
    assert "run again" in event["reason"]
    assert run.returncode != 0


def test_what_ssh_says_of_a_changed_host_key_is_kept_without_its_frame() -> None:
    frame = "@" * 59
    said = f"{frame}\n@    WARNING: IT HAS CHANGED!     @\n{frame}\nHost key verification failed."

    assert connection_problem(f"Data could not be sent.\n{said}") == (
        "Data could not be sent. Host key verification failed."
    )
    assert connection_problem(None) == ""


def test_the_summary_for_people_is_aligned(hosts_that_say: Any) -> None:
    run = hosts_that_say(h1=UPDATED, h2={**UPDATED, "health": "not health-checked"})

    table = run.output[run.output.index("HOST") :].splitlines()
    assert table[0] == "HOST  OUTCOME  DIGEST               HEALTH              REASON"
    assert table[1] == "h1    updated  sha256:aaaaaaaaaaaa  healthy             runs shop-1"


def test_a_playbook_of_somebody_else_is_left_alone(playbooks: Playbooks) -> None:
    task = {"name": "Say", "ansible.builtin.debug": {"msg": "hello"}}
    playbooks.write("play.yml", [{"hosts": "h1", "gather_facts": False, "tasks": [task]}])

    run = playbooks.run("play.yml")

    assert {each["event"] for each in run.events} == {"step"}
    assert "HOST" not in run.output


def test_a_host_that_cannot_run_modules_gets_advice_about_python() -> None:
    said = problems_from(
        {"msg": "Module result deserialization failed: No start of json char found"}
    )

    assert len(said) == 1
    assert "ansible_python_interpreter" in said[0]
