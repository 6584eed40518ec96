# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host runs in place of a module, in every way that Ansible may run one.

Each case is a play of one run, for it is Ansible's start that takes the time.
"""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils import _host_python

from tests.collection.conftest import ROOT, Playbooks
from tests.support.sudo import PASSWORD, Sudo

pytestmark = pytest.mark.matrix

SECRET = "of-the-shop-and-nobody-else"
MODULE = "longshore.containers.container_removal"
# In place of what container_removal runs on hosts: tells how it was run, or goes wrong as asked.
RUN = """
def run(module):
    import json, os, sys, time, glob
    asked = module.params["app"]
    if asked == "sleep":
        time.sleep(60)
    if asked == "raise":
        raise ValueError("no such thing")
    if asked == "return":
        return
    if asked == "exit":
        sys.stderr.write("it went\\n")
        sys.stdout.write("away\\n")
        sys.stdout.flush()
        os._exit(3)
    if asked == "bytes":
        module.exit_json(changed=False, msg=b"a\\xffb".decode("utf-8", "surrogateescape"))
    commands = ""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            commands += open(path, errors="replace").read()
        except OSError:
            pass
    module.warn("beware of " + asked[:20])
    module.exit_json(
        changed=not module.check_mode,
        _ansible_no_log=True,
        msg=json.dumps({
            "by": type(module).__name__,
            "became": os.environ.get("BECAME"),
            "said": os.environ.get("SAID"),
            "length": len(asked),
            "socket": module.params["socket"],
            "stop_timeout": module.params["stop_timeout"],
            "command": open("/proc/self/cmdline").read().replace("\\0", " ").strip(),
            "in_a_command": asked in commands,
            "packages": any("site-packages" in each for each in sys.path),
        }),
    )
"""
# A profile that greets, and says goodbye.
GREETING = f"""\
#!/bin/sh
echo 'Welcome!'
'{sys.executable}' "$@"
echo 'Come again.'
"""
# What the first line of a program makes of an old Python is all that an old Python reads.
OLD = f"""\
#!/bin/sh
exec '{sys.executable}' -c 'import sys; sys.version_info = (3, 7, 0); exec(sys.stdin.read())'
"""
# Python 2 knows no option -I.
OLDEST = """\
#!/bin/sh
cat > /dev/null
echo 'Unknown option: -I' >&2
exit 2
"""


def cases(folder: Path) -> dict[str, dict[str, Any]]:
    """Return a task for each case; `vars` are those of its host."""
    sudo = Sudo(folder).variables
    found = {
        "ansible_python_interpreter": "auto",
        "ansible_interpreter_python_fallback": ["no-python", sys.executable],
    }
    python = {
        name: {"ansible_python_interpreter": str(folder / name)}
        for name in ("greeting", "old", "oldest", "missing")
    }
    return {
        "plain": {},
        "secret": {"app": SECRET},
        "long": {"app": "x" * 300_000},
        "typed": {"stop_timeout": "7"},
        "check": {"keywords": {"check_mode": True}},
        "environment": {"keywords": {"environment": {"SAID": 'it\'s "a" $HOME'}}},
        "home": {"socket": "~/docker.sock", "keywords": {"environment": {"HOME": "/far/away"}}},
        "async": {"keywords": {"async": 60, "poll": 1}},
        "timeout": {"app": "sleep", "keywords": {"timeout": 2}},
        "no_pipelining": {"vars": {"ansible_pipelining": False}},
        "kept_files": {"vars": {"ansible_pipelining": False}, "app": SECRET},
        "no_tmp": {"vars": {"ansible_remote_tmp": "/proc/none"}},
        "become": {"vars": sudo},
        "become_wrongly": {"vars": {**sudo, "ansible_become_password": "of another"}},
        "found": {"vars": found},
        **{name: {"vars": variables} for name, variables in python.items()},
        **{name: {"app": name} for name in ("raise", "return", "exit", "bytes")},
        "unknown": {"stop_time": 1},
        "delegated": {"keywords": {"delegate_to": "become"}},
        "not_in_limit": {},
    }


def task(case: dict[str, Any]) -> dict[str, Any]:
    arguments = {key: value for key, value in case.items() if key not in ("vars", "keywords")}
    return {
        "name": "Run it",
        MODULE: {"app": "shop", **arguments},
        **case.get("keywords", {}),
        "ignore_errors": True,
        "ignore_unreachable": True,
    }


@pytest.fixture(scope="module")
def playbooks_run(tmp_path_factory: pytest.TempPathFactory) -> Playbooks:
    """Run all cases once."""
    playbooks = Playbooks(tmp_path_factory.mktemp("programs"))
    collection = playbooks.folder / "collections/ansible_collections/longshore/containers"
    for folder in ("plugins", "meta"):
        shutil.copytree(ROOT / folder, collection / folder)
    with (collection / "plugins/module_utils/_container_removal.py").open("a") as handle:
        handle.write(RUN)
    for name, content in (
        ("greeting", GREETING),
        ("old", OLD),
        ("oldest", OLDEST),
    ):
        playbooks.write(name, content).chmod(0o755)
    each = cases(playbooks.folder)
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {name: {**local, **case.get("vars", {})} for name, case in each.items()}
    playbooks.write("inventory/hosts.yml", json.dumps({"all": {"hosts": hosts}}))
    plays = [
        {"name": name, "hosts": name, "gather_facts": False, "tasks": [task(case)] * times(name)}
        for name, case in each.items()
    ]
    playbooks.write("play.yml", json.dumps(plays))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANSIBLE_COLLECTIONS_PATH", str(playbooks.folder / "collections"))
        patch.setenv("ANSIBLE_STDOUT_CALLBACK", "json")
        return playbooks.run("play.yml", "--diff", "--limit", "all:!not_in_limit", "-v")


def times(name: str) -> int:
    return 2 if name == "found" else 1


@pytest.fixture(scope="module")
def results(playbooks_run: Playbooks) -> Callable[..., dict[str, Any]]:
    """Return the result of a case."""
    said = playbooks_run.output
    plays = json.JSONDecoder().raw_decode(said[said.index("{\n") :])[0]["plays"]
    tasks = {each["play"]["name"]: each["tasks"] for each in plays}

    def result(name: str, number: int = 0) -> dict[str, Any]:
        return dict(tasks[name][number]["hosts"][name])

    return result


@pytest.fixture(scope="module")
def told(results: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Return what was told of how a case was run."""

    def read(name: str, number: int = 0) -> dict[str, Any]:
        result = results(name, number)
        assert not result.get("failed"), result
        return dict(json.loads(result["msg"]))

    return read


def test_a_host_runs_the_modules_own_code_and_nothing_of_ansible(told: Any) -> None:
    run = told("plain")

    assert run["by"] == "HostRun"
    assert run["command"] == f"{sys.executable} -I -S - container_removal"
    assert not run["packages"]


def test_arguments_are_in_no_command_line(told: Any) -> None:
    assert told("secret")["in_a_command"] is False
    assert told("secret")["length"] == len(SECRET)


def test_arguments_may_be_longer_than_a_command_line(told: Any) -> None:
    assert told("long")["length"] == 300_000


def test_arguments_have_their_types_and_defaults(told: Any) -> None:
    assert told("typed")["stop_timeout"] == 7
    assert told("plain")["stop_timeout"] is None


def test_a_path_is_one_of_the_host(told: Any) -> None:
    assert told("home")["socket"] == "/far/away/docker.sock"


def test_the_keyword_environment_is_the_programs(told: Any) -> None:
    assert told("environment")["said"] == 'it\'s "a" $HOME'


def test_check_mode_reaches_the_host(results: Any) -> None:
    assert results("check")["changed"] is False
    assert results("plain")["changed"] is True


def test_become_with_a_password_is_given_it_before_the_program(told: Any) -> None:
    assert told("become")["became"] == "yes"
    assert told("become")["by"] == "HostRun"


def test_a_wrong_password_of_become_fails_the_task(results: Any) -> None:
    assert results("become_wrongly").get("failed") or results("become_wrongly").get("unreachable")


def test_a_delegated_task_runs_as_its_own_host_would(told: Any) -> None:
    assert told("delegated")["became"] == "yes"
    assert told("delegated")["by"] == "HostRun"


@pytest.mark.parametrize("case", ["no_pipelining", "async"])
def test_the_module_itself_runs_where_no_program_can_be_sent(told: Any, case: str) -> None:
    assert told(case)["by"] == "AnsibleModule"
    assert told(case)["socket"] == "/var/run/docker.sock"


def test_the_module_itself_keeps_arguments_out_of_command_lines(told: Any) -> None:
    assert told("kept_files")["in_a_command"] is False


def test_a_host_needs_no_folder_for_temporary_files(told: Any) -> None:
    assert told("no_tmp")["by"] == "HostRun"


def test_python_is_searched_for_once(results: Any, told: Any) -> None:
    found = results("found")["ansible_facts"]["discovered_interpreter_python"]

    assert told("found")["command"].startswith(f"{found} -I")
    assert Path(found) == Path(sys.executable)
    # Where the first task has found it, the second looks no more.
    assert "ansible_facts" not in results("found", 1)


def test_what_a_profile_writes_is_passed_over(told: Any) -> None:
    assert told("greeting")["by"] == "HostRun"


def test_a_python_that_is_too_old_is_named_with_what_is_needed(results: Any) -> None:
    old, oldest = results("old"), results("oldest")

    assert "Python 3.7 at " in old["msg"]
    for said in (old["msg"], oldest["msg"]):
        assert "too old for the modules of longshore.containers" in said
        assert "need Python 3.8 or later" in said
        assert "set ansible_python_interpreter" in said
    assert old["failed"]
    assert oldest["failed"]


def test_a_python_that_is_missing_is_named(results: Any) -> None:
    said = results("missing")

    assert said["failed"]
    assert said["rc"] == 127
    assert "missing was not found: set ansible_python_interpreter" in said["msg"]


def test_the_timeout_of_a_task_ends_it(results: Any) -> None:
    assert results("timeout")["failed"]
    assert "imeout" in json.dumps(results("timeout"))


def test_what_breaks_off_names_error_file_and_line(results: Any) -> None:
    said = results("raise")

    assert said["failed"]
    assert said["rc"] == 1
    assert "container_removal broke off on this host: ValueError: no such thing" in said["msg"]
    assert "plugins/module_utils/_container_removal.py" in said["module_stderr"]
    assert "in run" in said["module_stderr"]


def test_code_that_ends_without_a_result_has_failed(results: Any) -> None:
    assert results("return")["failed"]
    assert "ended without a result" in results("return")["msg"]


def test_a_program_that_dies_leaves_what_it_wrote_and_its_exit_code(results: Any) -> None:
    said = results("exit")

    assert said["failed"]
    assert said["rc"] == 3
    assert said["module_stdout"].strip() == "away"
    assert said["module_stderr"].strip() == "it went"


def test_bytes_that_are_no_text_spoil_no_result(results: Any) -> None:
    assert results("bytes")["msg"] == "ab"


def test_an_unknown_argument_is_refused_by_name(results: Any) -> None:
    said = results("unknown")

    assert said["failed"]
    assert "Unsupported parameters for (container_removal) module: stop_time" in said["msg"]


def test_keys_that_nobody_knows_and_those_of_ansible_are_dropped(results: Any) -> None:
    assert set(results("plain")) <= {"action", "changed", "msg", "warnings", "_ansible_no_log"}
    assert results("plain").get("_ansible_no_log") is not True


def test_a_warning_of_the_host_is_shown(results: Any) -> None:
    assert "beware of shop" in json.dumps(results("plain")["warnings"])


def test_a_host_outside_of_the_limit_is_not_asked(playbooks_run: Playbooks) -> None:
    assert "not_in_limit" not in playbooks_run.output.replace('"name": "not_in_limit"', "")


def test_no_secret_is_printed(playbooks_run: Playbooks) -> None:
    assert PASSWORD not in playbooks_run.output


@pytest.mark.parametrize("printed", ["5", '"yes"', "[" * 4000])
def test_what_is_no_result_is_a_failure_that_says_so(printed: str) -> None:
    said = {"stdout": printed, "stderr": "", "rc": 0}

    found = _host_python._result_of(said, "container_status", "/usr/bin/python3")

    assert found["failed"]
    assert "printed no result" in found["msg"]
