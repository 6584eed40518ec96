# SPDX-License-Identifier: GPL-3.0-or-later
"""The sources that are sent to hosts: whole, and read by every Python that may be there."""

import ast
import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _host_run
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    OLDEST_PYTHON,
    ArgumentError,
    HostProgram,
    sources_of,
)

from tests.collection.conftest import ROOT

PACKAGE = _host_run.PACKAGE
# What each needs besides its defaults.
NEEDS: dict[str, dict[str, Any]] = {
    "container_preflight": {"app": "shop", "image": "a/b", "digest": "sha256:" + "a" * 64},
    "container_removal": {"app": "shop"},
    "container_status": {},
    "container_switch": {"app": "shop", "name": "shop-1", "digest": "sha256:" + "a" * 64},
    "half_made_container": {"name": "shop-1"},
    "image_digest": {"image": "a/b"},
    "image_pull": {"image": "a/b", "digest": "sha256:" + "a" * 64},
}
STARTS = ("_host_run", "_code_cache")
MODULES = ROOT / "plugins/modules"


def imports_of(text: str) -> set[str]:
    """Return what is imported of the collection, as Python's own parser sees it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            leaf = (node.module or "").removeprefix(PACKAGE).lstrip(".")
            found |= {leaf} if leaf else {each.name for each in node.names}
    return found


def stream(name: str, **arguments: Any) -> bytes:
    made = HostProgram(name)
    params = made.checked({**NEEDS[name], **arguments})
    return made.stream(params, check_mode=True, facility="")


def run(name: str, python: str = sys.executable, **arguments: Any) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-I", "-S", "-"],
        input=stream(name, **arguments),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert not done.stderr, done.stderr.decode()
    return dict(json.loads(done.stdout))


def python_of(minor: int) -> str | None:
    """Return a Python of this machine: on PATH, or one of pyenv, whose commands may be off."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    program = f"python3.{minor}"
    found = [*pyenv.glob(f"3.{minor}.*/bin/{program}"), shutil.which(program)]
    return next((str(each) for each in found if each), None)


def test_every_module_that_runs_on_hosts_has_a_program() -> None:
    runs = {each.stem for each in MODULES.glob("*.py") if "AnsibleModule(" in each.read_text()}

    assert runs == set(NEEDS) == set(SPECS)


@pytest.mark.parametrize("name", NEEDS)
def test_an_action_plugin_sends_the_program_of_its_module(name: str) -> None:
    action = import_module(f"ansible_collections.longshore.containers.plugins.action.{name}")

    assert action.ActionModule.program.name == name


@pytest.mark.parametrize("name", NEEDS)
def test_a_program_has_all_that_it_imports_and_nothing_else(name: str) -> None:
    sources = sources_of(f"_{name}")
    imported = set().union(*map(imports_of, sources.values()))

    assert imported | {f"_{name}"} == set(sources)


@pytest.mark.parametrize("name", NEEDS)
def test_a_program_runs_on_the_standard_library_alone(name: str, tmp_path: Path) -> None:
    said = run(name, socket=str(tmp_path / "no.sock"))

    assert said["failed"]
    assert "no Docker daemon answers at" in said["msg"]


@pytest.mark.parametrize("minor", range(8, 15))
def test_a_program_runs_on_each_python_of_hosts(minor: int, tmp_path: Path) -> None:
    python = python_of(minor)
    if python is None:
        pytest.skip(f"this machine has no Python 3.{minor}")

    said = run("container_switch", python, socket=str(tmp_path / "no.sock"))

    assert "no Docker daemon answers at" in said["msg"]


@pytest.mark.parametrize("name", ["container_preflight", "container_switch", "image_pull"])
def test_a_program_imports_nothing_that_few_hosts_need(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", "-"],
        input=stream(name, socket=str(tmp_path / "no.sock")).decode(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    rare = {"_ssl", "ast", "dataclasses", "inspect", "subprocess", "threading"}
    if name != "container_switch":  # the name of its lock is a digest
        rare |= {"hashlib"}

    assert "http.client" in imported
    assert imported & rare == set()


def test_the_oldest_python_of_hosts_reads_every_source() -> None:
    for name, text in sources_of(*(f"_{name}" for name in NEEDS), *STARTS).items():
        ast.parse(text, name, feature_version=OLDEST_PYTHON)


def test_a_program_imports_no_ansible() -> None:
    for name, text in sources_of(*(f"_{name}" for name in NEEDS), *STARTS).items():
        assert "from ansible." not in text, name
        assert "import ansible" not in text, name


def test_a_module_is_its_own_code_in_an_ansible_module() -> None:
    for name in NEEDS:
        text = (MODULES / f"{name}.py").read_text()

        assert f"module_utils._{name} import" in text
        assert f'run(AnsibleModule(**SPECS["{name}"], supports_check_mode=True))' in text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"digest": "x"}, "missing required arguments: app"),
        ({"app": "shop", "digest": "x"}, "one of the following is required: name, restore_co"),
        (
            {"app": "shop", "name": "a", "restore_container": "b"},
            "mutually exclusive: name|restore_container",
        ),
        ({"app": "shop", "digest": "x", "name": "a", "keep": "many"}, "argument 'keep' is of"),
    ],
)
def test_wrong_arguments_are_refused_before_a_host_is_asked(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArgumentError) as refused:
        HostProgram("container_switch").checked(given)

    assert said in str(refused.value)


def test_no_path_is_within_another_argument() -> None:
    """HostProgram leaves those to the host that are arguments themselves."""
    for name in NEEDS:
        arguments = SPECS[name]["argument_spec"].values()
        within = json.dumps([each.get("options", {}) for each in arguments])

        assert '"path"' not in within


def logged(monkeypatch: pytest.MonkeyPatch, facility: str, **arguments: Any) -> list[Any]:
    """Return what a host's syslog is told of image_pull."""
    calls: list[Any] = []
    syslog = SimpleNamespace(
        LOG_INFO="info",
        LOG_USER="user",
        LOG_LOCAL3="local3",
        openlog=lambda *args: calls.append(args),
        syslog=lambda *args: calls.append(args),
    )
    monkeypatch.setitem(sys.modules, "syslog", syslog)
    made = HostProgram("image_pull")
    params = made.checked({**NEEDS["image_pull"], **arguments})
    stream = made.stream(params, check_mode=True, facility=facility).decode()
    line = next(each for each in stream.splitlines() if each.startswith("order = "))
    order = json.loads(ast.literal_eval(line[len("order = ") :]))
    _host_run._log(order["module"], order)
    return calls


def test_a_host_logs_who_asked_for_what_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"username": "bot", "password": "of-the-shop"}

    opened, wrote = logged(monkeypatch, "LOG_LOCAL3", login=login)

    assert opened == ("ansible-image_pull", 0, "local3")
    assert wrote[1].startswith("Invoked with image=a/b digest=sha256:aaa")
    assert "of-the-shop" not in wrote[1]


def test_a_host_logs_nothing_of_a_task_with_no_log(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logged(monkeypatch, "") == []
