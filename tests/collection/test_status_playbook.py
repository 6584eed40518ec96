# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook status tells, also of hosts that do not answer."""

import json

from tests.collection.stand_ins import StandIns
from tests.collection.status_rows import V1, runs

OTHERS = ("x1", "x2", "x3")


def add_others(stand_ins: StandIns) -> None:
    """Add hosts that are not the app's; whoever connects to one fails."""
    inventory = stand_ins.playbooks.folder / "inventory/hosts.yml"
    content = json.loads(inventory.read_text())
    lost = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    content["zone"] = {"hosts": dict.fromkeys(OTHERS, lost)}
    inventory.write_text(json.dumps(content))


def test_status_tells_of_every_host_whether_it_answers_or_not(stand_ins: StandIns) -> None:
    for host in ("h1", "h2"):
        stand_ins.answer(host, "container_status", containers=[runs(V1, made=1)], daemon="abc")
    stand_ins.answer("h3", "container_status", failed=True, msg="no Docker daemon answers")
    stand_ins.lose("h4")

    run = stand_ins.run("status")

    told = {each["host"]: each for each in run.of("status")}
    assert {host: each.get("daemon") for host, each in told.items()} == {
        "h1": "abc",
        "h2": "abc",
        "h3": None,
        "h4": None,
    }
    assert told["h1"]["containers"][0]["made_from"] == V1
    assert told["h3"]["unreachable"] == "no Docker daemon answers"
    assert told["h4"]["unreachable"]
    table = run.output[run.output.index("HOST ") :]
    assert "no Docker daemon answers" in table
    assert "h4" in table


def test_no_task_is_executed_or_skipped_for_a_host_that_is_not_looked_at(
    stand_ins: StandIns,
) -> None:
    """Each task that a host skips costs Ansible as much as one that it does."""
    add_others(stand_ins)
    for host in ("h1", "h2", "h3"):
        stand_ins.answer(host, "container_status", containers=[], daemon="abc")

    run = stand_ins.run("status", "--limit", "!h4")

    assert run.returncode == 0, run.output
    assert {each["host"] for each in run.of("status")} == {"h1", "h2", "h3"}
    assert "ok: [h3]" in run.output
    assert [host for host in ("h4", *OTHERS) if f"[{host}" in run.output] == []


def test_every_host_is_looked_at_for_an_app_that_is_not_declared(stand_ins: StandIns) -> None:
    stand_ins.declare(hosts="h1")
    for host in ("h1", "h2", "h3", "h4"):
        stand_ins.answer(host, "container_status", containers=[], daemon="abc")

    run = stand_ins.run("status", app="gone")

    assert run.returncode == 0, run.output
    assert {each["host"] for each in run.of("status")} == {"h1", "h2", "h3", "h4"}


def test_status_is_an_error_where_the_apps_pattern_matches_no_host(stand_ins: StandIns) -> None:
    stand_ins.declare(hosts="wbe")

    run = stand_ins.run("status")

    assert run.returncode != 0
    assert [each["message"] for each in run.of("error")] == [
        "No host to look at: the pattern wbe, with --limit, matches none of h1, h2, h3, h4"
    ]
