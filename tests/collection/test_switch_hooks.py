# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's task files around a switch, with the role's own tasks and a module that just answers.

Each case is a host of one run, for it is Ansible's start that takes the time.
"""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.collection.conftest import ROOT, Playbooks

DIGEST = "sha256:" + "a" * 64
PREVIOUS = {"container": "b" * 64, "name": "shop-1", "digest": "sha256:" + "b" * 64}
UPDATED = {
    "changed": True,
    "outcome": "updated",
    "reason": "runs shop-2",
    "digest": DIGEST,
    "previous": PREVIOUS,
}
UNCHANGED = {**UPDATED, "changed": False, "outcome": "unchanged", "previous": None}
RESTORED = {**UPDATED, "failed": True, "outcome": "restored", "reason": "it exited"}

# Answers as the file that is passed for the daemon's socket says, and writes down each call.
# Ansible's own class for modules would cost each call a third of a second.
MODULE = """\
import json, os
from ansible.module_utils.basic import _load_params
arguments = _load_params()
with open(arguments["socket"]) as handle:
    script = json.load(handle)
retire = arguments.get("retire", True)
with open(script["calls"], "a+") as calls:
    calls.seek(0)
    has_switched = "switch" in calls.read()
    is_check = arguments["_ansible_check_mode"]
    step = "predict" if is_check else "retire" if has_switched else "switch"
    calls.write(f"{step} {retire}\\n")
print(json.dumps({"msg": "no", **script[step]}), flush=True)
os._exit(0)
"""
NOTE = "ansible.builtin.lineinfile"
BEFORE = [{"name": "Drain", NOTE: {"path": "{{ calls }}", "line": "before"}}]
AFTER = [
    {
        "name": "Ready",
        NOTE: {"path": "{{ calls }}", "line": "after {{ docker_container_switched.outcome }}"},
    }
]
FAILS = [{"name": "Ask the balancer", "ansible.builtin.fail": {"msg": "it says no"}}]
NO_SSH = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
ASKS = {"name": "Ask the balancer", NOTE: {"path": "{{ calls }}", "line": "asked"}}
ASKS_LB1 = [{**ASKS, "delegate_to": "lb1"}]
ASKS_BOTH = [{**ASKS, "delegate_to": "{{ item }}", "loop": ["localhost", "lb1"]}]
IS_LOST = [{**ASKS, "vars": NO_SSH}]
IGNORES_IT = [{**ASKS, "delegate_to": "lb1", "ignore_unreachable": True}, *AFTER]
HANDLES_ITS_FAILURE = [{"block": FAILS, "rescue": BEFORE}]


# What the module answers on each host, and the hooks and variables that the host has.
CASES: dict[str, dict[str, Any]] = {
    "around": {"before": BEFORE, "after": AFTER},
    "nothing-due": {"predict": UNCHANGED, "switch": UNCHANGED, "before": BEFORE, "after": AFTER},
    "no-hooks": {"docker_container_switch": "start_first"},
    "restored": {"switch": RESTORED, "before": BEFORE, "after": AFTER},
    "fails-before": {"before": FAILS, "after": AFTER},
    "handles-it": {"before": HANDLES_ITS_FAILURE},
    "fails-after": {"after": FAILS, "docker_container_switch": "start_first"},
    "lb-away-before": {"before": ASKS_LB1, "after": AFTER},
    "lb-away-after": {"after": ASKS_LB1},
    "one-lb-away": {"after": ASKS_BOTH},
    "lost-in-hook": {"after": IS_LOST},
    "ignores-it": {"after": IGNORES_IT},
    "no-file": {"docker_container_before_switch": "/nowhere/drain.yml"},
    "extra_container": {"after": AFTER, "docker_container_switch": "start_first"},
    "not-retired": {
        "after": AFTER,
        "retire": {**RESTORED, "reason": "it fell ill"},
        "docker_container_switch": "start_first",
    },
}
PLAYS = [
    {
        "hosts": "app",
        "gather_facts": False,
        "tasks": [
            {
                "ansible.builtin.set_fact": {
                    "longshore_targets": {host: {"digest": DIGEST} for host in CASES}
                },
                "run_once": True,
                "vars": {"longshore_event": "expect"},
            }
        ],
    },
    {
        "hosts": "app",
        "gather_facts": False,
        "vars": {
            "docker_container_name": "shop",
            "docker_container_image": "registry.example.com/acme/shop",
            "docker_container_digest": DIGEST,
        },
        "tasks": [
            {
                "ansible.builtin.import_role": {
                    "name": "longshore.containers.docker_container",
                    "tasks_from": "switch",
                }
            }
        ],
    },
]


@dataclass(frozen=True)
class Seen:
    """What was called on a host, in order, and the outcomes that were told of it."""

    calls: list[str]
    outcomes: list[dict[str, Any]]
    steps: list[str]

    @property
    def reason(self) -> str:
        """The reason of the outcome that counts, which is the last one."""
        return str(self.outcomes[-1]["reason"])

    @property
    def words(self) -> list[str]:
        return [each["outcome"] for each in self.outcomes]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Seen]:
    """Run the tasks of a switch on all hosts; return what was seen on one."""
    playbooks = Playbooks(tmp_path_factory.mktemp("hooks"))
    collections = playbooks.folder / "collections"
    collection = collections / "ansible_collections/longshore/containers"
    plugins = [f"plugins/{name}" for name in ("callback", "filter", "plugin_utils", "module_utils")]
    for folder in (*plugins, "meta", "roles"):
        shutil.copytree(ROOT / folder, collection / folder)
    playbooks.write(str(collection / "plugins/modules/container_switch.py"), MODULE)
    for folder in ("action", "modules"):
        give_up = f"plugins/{folder}/mark_unreachable.py"
        playbooks.write(str(collection / give_up), (ROOT / give_up).read_text())
    hosts = {name: _variables(playbooks, name, **case) for name, case in CASES.items()}
    balancers = {"balancers": {"hosts": {"lb1": NO_SSH}}}
    inventory = {"all": {"children": {"app": {"hosts": hosts}, **balancers}}}
    playbooks.write("inventory/hosts.yml", json.dumps(inventory))
    playbooks.write("play.yml", json.dumps(PLAYS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections))
        patch.setenv("ANSIBLE_PIPELINING", "true")
        playbooks.run("play.yml", "--forks=4", app="shop")

    def of(name: str) -> Seen:
        calls = (playbooks.folder / name / "calls").read_text().splitlines()
        steps = [each["step"] for each in playbooks.of("host_step") if each["host"] == name]
        return Seen(
            calls, [each for each in playbooks.of("outcome") if each["host"] == name], steps
        )

    return of


def _variables(
    playbooks: Playbooks,
    name: str,
    *,
    switch: Any = UPDATED,
    predict: Any = UPDATED,
    retire: Any = UNCHANGED,
    before: Any = None,
    after: Any = None,
    **variables: Any,
) -> dict[str, Any]:
    calls = str(playbooks.write(f"{name}/calls", ""))
    script = {"calls": calls, "predict": predict, "switch": switch, "retire": retire}
    hooks = {
        f"docker_container_{when}_switch": str(playbooks.write(f"{name}/{when}.yml", tasks))
        for when, tasks in (("before", before), ("after", after))
        if tasks
    }
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "calls": calls,
        "docker_container_socket": str(playbooks.write(f"{name}/script", json.dumps(script))),
        **hooks,
        **variables,
    }


Run = Callable[[str], Seen]


def test_hooks_run_around_the_switch(seen: Run) -> None:
    assert seen("around").calls == ["predict True", "before", "switch False", "after updated"]
    assert seen("around").words == ["updated"]


def test_hooks_are_steps_of_their_own(seen: Run) -> None:
    assert seen("around").steps == ["before_switch", "switch", "after_switch"]
    assert seen("no-hooks").steps == seen("nothing-due").steps == ["switch"]


def test_where_nothing_is_to_be_switched_no_hook_runs(seen: Run) -> None:
    assert seen("nothing-due").calls == ["predict True", "switch False"]
    assert seen("nothing-due").words == ["unchanged"]


def test_without_hooks_the_module_is_called_once(seen: Run) -> None:
    assert seen("no-hooks").calls == ["switch True"]


def test_the_hook_after_a_failed_switch_knows_how_it_ended(seen: Run) -> None:
    found = seen("restored")

    assert found.calls == ["predict True", "before", "switch False", "after restored"]
    assert (found.words, found.reason) == (["restored"], "it exited")


def test_a_hook_that_fails_before_the_switch_leaves_the_host_alone(seen: Run) -> None:
    found = seen("fails-before")

    assert found.calls == ["predict True"]
    assert found.words == ["failed"]
    assert 'failed on fails-before at "Ask the balancer": it says no.' in found.reason
    assert "Nothing was stopped on this host." in found.reason


def test_a_hook_that_handles_its_own_failure_has_not_failed(seen: Run) -> None:
    assert seen("handles-it").calls == ["predict True", "before", "switch True"]
    assert seen("handles-it").words == ["updated"]


def test_a_hook_that_fails_after_a_success_fails_the_host(seen: Run) -> None:
    found = seen("fails-after")

    assert found.calls == ["predict True", "switch False"]
    assert found.words == ["updated", "failed"]
    assert "the switch ended as updated: runs shop-2" in found.reason
    assert found.outcomes[-1]["digest"] == DIGEST


def test_a_balancer_that_is_away_before_the_switch_is_a_failure_of_the_hook(seen: Run) -> None:
    found = seen("lb-away-before")

    assert (found.calls, found.words) == (["predict True"], ["failed"])
    assert (
        'docker_container_before_switch failed on lb-away-before at "Ask the balancer": '
        "lb1 cannot be reached: " in found.reason
    )
    assert "Connection refused" in found.reason
    assert "Nothing was stopped on this host." in found.reason


@pytest.mark.parametrize("host", ["lb-away-after", "one-lb-away"])
def test_a_balancer_that_is_away_after_a_success_fails_the_host(seen: Run, host: str) -> None:
    found = seen(host)

    assert found.words == ["updated", "failed"]
    assert found.outcomes[-1]["step"] == "switch"
    assert f'docker_container_after_switch failed on {host} at "Ask the balancer"' in found.reason
    assert "lb1 cannot be reached: " in found.reason
    assert "the switch ended as updated: runs shop-2" in found.reason


def test_a_host_that_is_lost_in_its_hook_is_no_success(seen: Run) -> None:
    found = seen("lost-in-hook")

    assert found.words == ["updated", "failed"]
    assert "lost-in-hook cannot be reached" in found.reason


def test_a_hook_may_do_without_a_balancer_that_is_away(seen: Run) -> None:
    assert seen("ignores-it").calls == ["predict True", "switch False", "after updated"]
    assert seen("ignores-it").words == ["updated"]


def test_a_hook_that_is_no_file_fails_the_host_before_anything_is_stopped(seen: Run) -> None:
    assert seen("no-file").calls == ["predict True"]
    assert seen("no-file").words == ["failed"]
    assert "/nowhere/drain.yml" in seen("no-file").reason


def test_side_by_side_the_old_container_is_stopped_after_the_hook(seen: Run) -> None:
    found = seen("extra_container")

    assert found.calls == ["predict True", "switch False", "after updated", "retire True"]
    assert found.words == ["updated"]


def test_side_by_side_a_failure_after_the_hook_overrules_the_success(seen: Run) -> None:
    found = seen("not-retired")

    assert (found.words, found.reason) == (["updated", "restored"], "it fell ill")
