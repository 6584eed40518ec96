# SPDX-License-Identifier: GPL-3.0-or-later
"""A host pulls and creates in one process, where nothing speaks against it."""

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.action import (
    image_pull,
    staged_container,
    staged_release,
)
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


ORDER: dict[str, Any] = {
    "name": "shop-1",
    "image": "a/b",
    "digest": "sha256:" + "a" * 64,
    "login": None,
    "registry_spread": 0.0,
    "labels": {},
    "options": {"env": {"TOKEN": "of-the-shop-and-nobody-else"}},
    "socket": "/var/run/docker.sock",
}


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an action that stages a release on a host that takes programs, and loses it."""

    def lost(_self: Any, task_vars: Any) -> None:
        raise AnsibleConnectionFailure(f"lost with {task_vars}")

    made = object.__new__(staged_release.ActionModule)
    made._task = SimpleNamespace(check_mode=False, no_log=True)
    python = SimpleNamespace(syslog_facility=lambda: "")
    monkeypatch.setattr(staged_release, "HostPython", lambda *_: python)
    monkeypatch.setattr(staged_release, "takes_programs", lambda _: True)
    monkeypatch.setattr(image_pull.ActionModule, "borrowed", lambda *_: {})
    for plugin in (image_pull, staged_container):
        monkeypatch.setattr(plugin.ActionModule, "run", lost)
    monkeypatch.setattr(
        made, "_plugin", lambda plugin, _arguments: object.__new__(plugin.ActionModule)
    )
    return made


def test_why_a_host_is_lost_is_told_by_a_pull_without_options(release: Any) -> None:
    with pytest.raises(AnsibleConnectionFailure, match="lost with"):
        release._at_once(ORDER, {})

    assert not release._task.no_log


def test_nothing_is_created_beside_what_a_lost_connection_may_have_left(
    release: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_pull.ActionModule, "run", lambda *_, **__: {"changed": False})

    with pytest.raises(AnsibleConnectionFailure, match="lost with"):
        release._at_once(ORDER, {})

    assert release._task.no_log, "why it was lost may name an option"


def test_a_login_does_not_travel_with_what_creates_a_container(
    release: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr(staged_container.ActionModule, "run", fail)

    assert release._at_once({**ORDER, "login": LOGIN}, {}) is None
    monkeypatch.setattr(image_pull.ActionModule, "borrowed", lambda *_: {"login": LOGIN})
    assert release._at_once(ORDER, {}) is None


@pytest.mark.parametrize("pull", [None, "{}"])
def test_what_cannot_be_started_by_us_is_not_run_without_its_pull(
    monkeypatch: pytest.MonkeyPatch, pull: str | None
) -> None:
    made = object.__new__(staged_container.ActionModule)
    made._task = SimpleNamespace(check_mode=False)
    made.pull = pull
    monkeypatch.setattr(ActionBase, "_configure_module", lambda *_: ("built", "path"))
    monkeypatch.setattr(staged_container, "takes_programs", lambda _: True)
    monkeypatch.setattr(staged_container, "started_by_us", lambda *_, **__: None)

    if pull is None:
        assert made._configure_module(staged_container.CREATE, {}, {}) == ("built", "path")
    else:
        with pytest.raises(staged_container.NotOurStartError):
            made._configure_module(staged_container.CREATE, {}, {})
