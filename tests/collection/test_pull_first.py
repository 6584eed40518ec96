# SPDX-License-Identifier: GPL-3.0-or-later
"""A host pulls and creates in one process, where nothing speaks against it."""

import json
import sys
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.action.image_pull import pull_result
from ansible_collections.longshore.containers.plugins.module_utils import _pull_first
from ansible_collections.longshore.containers.plugins.module_utils._pull_first import run_after

from tests.collection.stand_ins import StandIns

LOGIN = {"username": "bot", "password": "of-the-shop-and-nobody-else"}


def end(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pulled: dict[str, Any],
    printed: str,
    code: int = 0,
) -> tuple[str, Any]:
    """Return what is printed in the end, and the exit code."""
    monkeypatch.setattr(_pull_first, "ask", lambda order: {"asked": order, **pulled})

    def module() -> None:
        sys.stdout.write(printed + "\n")
        sys.exit(code)

    with pytest.raises(SystemExit) as ended:
        run_after("pull it", module)
    return capsys.readouterr().out, ended.value.code


def test_the_result_of_a_pull_is_within_that_of_the_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said, code = end(
        monkeypatch, capsys, {"changed": True}, '\n{"changed": false, "failed": true}', 1
    )

    assert code == 1
    assert json.loads(said) == {
        "changed": False,
        "failed": True,
        "pulled": {"asked": "pull it", "changed": True},
    }


def test_nothing_is_made_of_an_image_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"failed": True, "msg": "no such manifest", "refused": True}

    said, code = end(monkeypatch, capsys, failed, '{"changed": true}')

    assert code == 1
    found = json.loads(said)
    assert found.pop("pulled") == {"asked": "pull it", **failed}
    assert found == {"failed": True, "msg": "no such manifest"}


@pytest.mark.parametrize("printed", ["went away", "[1]", '{"torn": '])
def test_what_is_no_result_is_printed_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], printed: str
) -> None:
    said, _code = end(monkeypatch, capsys, {"changed": True}, printed)

    assert said.strip() == printed.strip()


def test_standard_output_is_given_back_when_a_module_breaks_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_pull_first, "ask", lambda _order: {})
    before = sys.stdout

    with pytest.raises(ZeroDivisionError):
        run_after("pull it", lambda: 1 / 0)

    assert sys.stdout is before


@pytest.mark.parametrize("said", [None, "yes", ["failed"], 1])
def test_a_host_that_tells_no_pull_has_told_of_none(said: Any) -> None:
    assert pull_result(said) == {}


def test_of_a_pull_that_a_host_tells_only_what_is_known_is_taken() -> None:
    said = {"failed": "yes", "registry": "unreachable", "ansible_facts": {"a": 1}, "refused": 1}

    assert pull_result(said) == {"failed": False, "registry": "unreachable", "refused": False}


def test_a_host_runs_both_in_one_process_unless_a_login_travels(stand_ins: StandIns) -> None:
    stand_ins.playbooks.write(
        "inventory/host_vars/h2.yml", {"registries": {"registry.example.com": LOGIN}}
    )
    stand_ins.playbooks.write("inventory/host_vars/h3.yml", {"ansible_pipelining": False})

    run = stand_ins.deploy(longshore_hosts=["h1", "h2", "h3"])

    assert run.returncode == 0, run.output
    both = [stand_ins.processes(module) for module in ("image_pull", "docker_container")]
    assert {host for host in both[0] if both[0][host] == both[1][host]} == {"h1"}
    assert set(both[0]) == set(both[1]) == {"h1", "h2", "h3"}
