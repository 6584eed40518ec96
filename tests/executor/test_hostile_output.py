# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a host, an image or a registry says is an event or a file of the bridge."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import Deploying
from tests.support.hostile_python import HostilePython

pytestmark = pytest.mark.matrix

CONTROL = {chr(code) for code in (*range(32), 127, *range(128, 160), 0x202E)} - {"\n", "\t"}
# Where a text of a host can stand that Ansible shows.
RESULTS: dict[str, dict[str, Any]] = {
    "msg": {"msg": "TEXT", "failed": True},
    "unknown key": {"TEXT": "TEXT"},
    "nested": {"a": [{"b": "TEXT"}], "failed": True},
    "warnings": {"warnings": ["TEXT"]},
    "deprecations": {"deprecations": [{"msg": "TEXT", "version": "9.0"}]},
    "exception": {"exception": "TEXT", "failed": True},
    "exception without failure": {"exception": "TEXT"},
    "diff": {"changed": True, "diff": {"before": "TEXT", "after": "x", "after_header": "TEXT"}},
    "prepared diff": {"changed": True, "diff": {"prepared": "TEXT"}},
    "facts": {"ansible_facts": {"TEXT": "TEXT", "ansible_user": "TEXT"}},
    "added host": {"add_host": {"host_name": "TEXT", "groups": ["TEXT"]}},
    "added group": {"add_group": "TEXT"},
    "internal key": {"_ansible_verbose_always": "TEXT", "_ansible_item_label": "TEXT"},
    "skipped": {"skipped": True, "skip_reason": "TEXT"},
    "unreachable": {"unreachable": True, "msg": "TEXT"},
    "output": {"stdout": "TEXT", "stderr": "TEXT", "rc": "TEXT", "failed": True},
    "results": {"results": [{"msg": "TEXT", "failed": True}]},
    "invocation": {"invocation": {"module_args": {"TEXT": "TEXT"}}, "failed": True},
    "retries": {"attempts": "TEXT", "retries": "TEXT", "failed": True},
    "stats": {"ansible_stats": {"data": {"TEXT": "TEXT"}, "per_host": True}},
}


def event(canary: Path) -> str:
    """Return what ansible-runner takes for an event, with a file to delete as its name."""
    forged = {
        "uuid": f"../../../../../../../../../../{canary}"[: -len("-partial.json")],
        "event": "playbook_on_stats",
        "event_data": {"ok": {"h1": 1}},
    }
    data = base64.b64encode(json.dumps(forged).encode()).decode()
    return f"\x1b[K{data}\x1b[{len(data)}D\x1b[K\x1b]0;title\x07\x9b2J\u202e\r"


def with_text(value: Any, text: str) -> Any:
    """Return a result with `text` in place of each TEXT."""
    return json.loads(json.dumps(value).replace("TEXT", json.dumps(text)[1:-1]))


class Taken:
    """A run on a host whose Python answers as the attacker likes."""

    def __init__(self, deploying: Deploying) -> None:
        self.deploying = deploying
        self.canary = deploying.installation.folder / "canary-partial.json"
        self.canary.write_text("x")
        self.python = HostilePython(deploying.installation.folder, "h1")

    def run(self, *tasks: dict[str, Any]) -> tuple[int | None, str]:
        variables = {"ansible_python_interpreter": str(self.python.path)}
        ours = [{**task, "vars": variables, "ignore_errors": True} for task in tasks]
        last: dict[str, object] = {"ansible.builtin.debug": {"msg": "the run came to its end"}}
        with self.deploying.start(*ours, last) as bridge:
            exit_code, _ = json.loads(bridge.communicate(timeout=240)[0])
        log = (self.deploying.run_folder / "log").read_text(encoding="utf-8")
        assert self.python.answers
        assert self.canary.exists()
        assert not set(log) & CONTROL
        return exit_code, log


@pytest.fixture
def taken(deploying: Deploying) -> Taken:
    return Taken(deploying)


PING: dict[str, Any] = {"ansible.builtin.ping": {}, "diff": True, "ignore_unreachable": True}


def test_no_result_of_a_module_is_an_event(taken: Taken) -> None:
    answers = [with_text(result, event(taken.canary)) for result in RESULTS.values()]
    taken.python.answer_in_turn(*answers, *answers)
    alone = [{**PING, "name": f"alone: {place}"} for place in RESULTS]
    in_a_loop = {**PING, "name": "in a loop", "loop": list(RESULTS), "register": "x"}

    exit_code, log = taken.run(*alone, in_a_loop)

    assert exit_code == 0, log
    assert "the run came to its end" in log
    assert taken.python.answers == 2 * len(RESULTS)


def test_nothing_beside_a_result_is_an_event(taken: Taken) -> None:
    taken.python.answer(before=event(taken.canary) + "\n")

    exit_code, log = taken.run(PING)

    assert exit_code == 0, log
    assert "the run came to its end" in log


def test_one_host_does_not_fill_the_log(taken: Taken) -> None:
    taken.python.answer(msg="x" * 2_000_000, warnings=["w" * 2_000_000], failed=True)

    exit_code, log = taken.run(*[{**PING, "name": f"{number}"} for number in range(4)])

    assert exit_code == 0
    assert "the run came to its end" in log
    # Nor are there any of ansible-runner's own.
    assert "[K" not in log
    assert "characters from h1" in log
    assert "warnings of h1 not shown" in log
    assert len(log) < 50_000
