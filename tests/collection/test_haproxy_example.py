# SPDX-License-Identifier: GPL-3.0-or-later
"""The hook of docs/examples/haproxy that takes a host out, with load balancers that answer as told.

That the example works with HAProxy itself is a matter of tests/hosts.
"""

import sys

import pytest

from tests.collection.conftest import ROOT, Playbooks

# Takes the name of the load balancer for its socket, and its file of calls from there.
HAPROXY = """\
import json, os
from ansible.module_utils.basic import _load_params
arguments = _load_params()
with open(arguments["socket"], "a") as calls:
    calls.write(arguments["state"] + "\\n")
is_stuck = arguments["state"] == "disabled" and "stuck" in arguments["socket"]
stuck = {"failed": True, "msg": "not status 'DRAIN' after 30 retries"}
print(json.dumps({"changed": True, **(stuck if is_stuck else {})}), flush=True)
os._exit(0)
"""
AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
DRAIN = [
    {
        "hosts": "h1",
        "gather_facts": False,
        "vars": {"haproxy_backend": "shop", "haproxy_socket": "{{ playbook_dir }}/{{ balancer }}"},
        "tasks": [{"ansible.builtin.include_tasks": str(ROOT / "docs/examples/haproxy/drain.yml")}],
    }
]


@pytest.fixture
def drain(playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch) -> Playbooks:
    collections = playbooks.folder / "collections"
    module = collections / "ansible_collections/community/general/plugins/modules/haproxy.py"
    playbooks.write(str(module), HAPROXY)
    playbooks.write("play.yml", DRAIN)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(collections))
    return playbooks


def calls(playbooks: Playbooks, balancer: str) -> list[str]:
    file = playbooks.folder / balancer
    return file.read_text().split() if file.exists() else []


def test_a_host_is_taken_out_of_every_load_balancer(drain: Playbooks) -> None:
    drain.write("inventory/lb.yml", {"load_balancers": {"hosts": {"lb1": HERE, "lb2": HERE}}})

    run = drain.run("play.yml")

    assert run.returncode == 0, run.output
    assert (calls(drain, "lb1"), calls(drain, "lb2")) == (["disabled"], ["disabled"])


def test_a_host_that_cannot_be_drained_gets_its_requests_again(drain: Playbooks) -> None:
    drain.write("inventory/lb.yml", {"load_balancers": {"hosts": {"lb1": HERE, "stuck": HERE}}})

    run = drain.run("play.yml")

    assert run.returncode != 0
    both = ["disabled", "enabled"]
    assert (calls(drain, "lb1"), calls(drain, "stuck")) == (both, both)
    assert "not status 'DRAIN' after 30 retries; it was given its requests again" in run.output


def test_a_load_balancer_that_is_away_leaves_the_host_in_the_others(drain: Playbooks) -> None:
    drain.write("inventory/lb.yml", {"load_balancers": {"hosts": {"lb1": HERE, "lb2": AWAY}}})

    run = drain.run("play.yml")

    assert run.returncode != 0
    assert calls(drain, "lb1") == ["disabled", "enabled"]
    assert "Connection refused; it was given its requests again" in run.output
