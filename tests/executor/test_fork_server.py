# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs whose Ansible is forked from a process that has imported it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import processes
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.executor import run_processes, runner
from webhook_bridge.executor.imported_files import ImportedFiles
from webhook_bridge.executor.run_processes import ForkServer, RunProcess, RunStart, start_anew

# What a process is by the kernel's word; the lookup's shell is a child of ansible-playbook.
PROBE = r"""
import json, os, sys
parent = f"/proc/{os.getppid()}"
status = dict(line.split(":\t", 1) for line in open(parent + "/status"))
keys = ("Umask", "SigBlk", "SigIgn", "SigCgt", "Seccomp", "Threads")
kinds = sorted(os.readlink(f"{parent}/fd/{n}").split(":")[0] for n in os.listdir(parent + "/fd"))
print(json.dumps({
    "status": {key: status[key].strip() for key in keys},
    "descriptors": kinds,
    "folder": os.readlink(parent + "/cwd"),
    "environment": dict(os.environ),
    "pid": os.getppid(),
    "forked": "fork_server" in open(parent + "/cmdline").read(),
}))
"""


@dataclass
class Runs:
    """Runs of a playbook with one task, which writes what it was asked for."""

    installation: Installation
    monkeypatch: pytest.MonkeyPatch

    def run(self, wanted: str, start: Callable[[RunStart], RunProcess], name: str) -> str:
        """Run, and return the value of a template in that run."""
        told = self.installation.folder / f"told-{name}"
        self.write_task("copy", content=wanted, dest=str(told))
        exit_code = self.execute(start, name)
        assert exit_code == 0, (self.folder(name) / "log").read_text()
        return told.read_text()

    def write_task(self, module: str, **arguments: str) -> None:
        """Make this the task of the runs that begin from now on."""
        task = {f"ansible.builtin.{module}": arguments}
        play = {"hosts": "h1", "gather_facts": False, "tasks": [task]}
        play["vars"] = {"ansible_python_interpreter": sys.executable}
        playbook = self.installation.folder / "play.yml"
        playbook.write_text(json.dumps([play]))
        self.monkeypatch.setattr(runner, "PLAYBOOK", str(playbook))

    def execute(
        self, start: Callable[[RunStart], RunProcess], name: str, app: str = "shop"
    ) -> int | None:
        """Run the task, and return the exit code."""
        release = Release(app, "127.0.0.1:1/a/shop", "latest", "sha256:1", "deploy", "t", id="r")
        work = Work(release, Run(app, "r", 1, 1, "deploy", (), {}, name), 0)
        settings = load_settings(self.installation.file)
        return runner.execute(settings, work, stop=threading.Event(), start=start).exit_code

    def folder(self, name: str) -> Path:
        return self.installation.state / "runs" / name


@pytest.fixture
def runs(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(installation, monkeypatch)


@pytest.fixture
def server(installation: Installation) -> Iterator[ForkServer]:
    made = ForkServer(installation.state / "runs")
    yield made
    made.close()


@pytest.fixture
def crowd() -> Iterator[None]:
    """As many descriptors as a bridge has whose connections are all in use."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], 2048), limits[1]))
    connections = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for connection in connections:
        os.close(connection)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def server_pids() -> set[int]:
    return processes.children_of(os.getpid()) & processes.with_argument("fork_server")


def probed(runs: Runs, start: Callable[[RunStart], RunProcess], name: str) -> dict[str, Any]:
    probe = runs.installation.folder / "probe.py"
    probe.write_text(PROBE)
    wanted = f"{{{{ lookup('pipe', 'exec {sys.executable} {probe}') | from_json | to_json }}}}"
    text = runs.run(wanted, start, name).replace(name, "RUN")
    # Names that are made up anew each time.
    seen = dict(json.loads(re.sub(r"longshore-\w{8}|/#\d+ \(deleted\)", "RANDOM", text)))
    # ansible-runner keeps there what it replaces, and nothing reads it.
    seen["environment"].pop("ORIGINAL_STDOUT_CALLBACK", None)
    return seen


@pytest.mark.matrix
def test_a_forked_run_is_what_one_that_was_started_is(runs: Runs, server: ForkServer) -> None:
    started = probed(runs, start_anew, "first-run")
    forked = probed(runs, server.start, "second-run")
    [pid] = server_pids()
    again = probed(runs, server.start, "third-run")

    assert server_pids() == {pid}, "the same server forks all runs"
    assert len({one.pop("pid") for one in (started, forked, again)}) == 3
    assert [one.pop("forked") for one in (started, forked, again)] == [False, True, True]
    assert started == forked
    assert started == again


def test_each_forked_run_has_a_temporary_folder_of_its_own(runs: Runs, server: ForkServer) -> None:
    # What Ansible itself uses; the lookup `config` would make one more.
    wanted = "{{ lookup('pipe', 'ls %s') }}" % (runs.installation.state / "ansible" / "tmp")

    [first, second] = [runs.run(wanted, server.start, name) for name in ("first-run", "other-run")]

    assert first.startswith("ansible-local-")
    assert second.startswith("ansible-local-")
    assert len({first, second}) == 2
    assert not list((runs.installation.state / "ansible" / "tmp").iterdir())


@pytest.mark.matrix
def test_a_configuration_that_was_edited_counts_in_the_next_run(
    runs: Runs, server: ForkServer
) -> None:
    file = runs.installation.folder / "mine.cfg"
    file.write_text("[defaults]\nremote_user = first\n")
    with runs.installation.file.open("a") as settings:
        settings.write(f'\n[ansible]\nconfig = "{file}"\n')
    wanted = "{{ lookup('config', 'DEFAULT_REMOTE_USER') }}"

    first = runs.run(wanted, server.start, "first-run")
    file.write_text("[defaults]\nremote_user = the-second\n")
    second = runs.run(wanted, server.start, "second-run")

    assert [first, second] == ["first", "the-second"]


def test_a_log_that_was_rotated_is_opened_anew_by_the_next_run(
    runs: Runs, server: ForkServer
) -> None:
    folder = runs.installation.folder / "logs"
    folder.mkdir()
    log = folder / "ansible.log"
    file = runs.installation.folder / "mine.cfg"
    file.write_text(f"[defaults]\nlog_path = {log}\n")
    with runs.installation.file.open("a") as settings:
        settings.write(f'\n[ansible]\nconfig = "{file}"\n')

    runs.run("x", server.start, "first-run")
    rotated = log.rename(folder / "ansible.log.1").read_text()
    pids = server_pids()
    runs.run("y", server.start, "second-run")

    assert rotated
    assert log.read_text()
    shutil.rmtree(folder)
    assert runs.run("z", server.start, "third-run") == "z"
    assert server_pids() == pids


def test_a_server_that_was_killed_is_started_again(runs: Runs, server: ForkServer) -> None:
    assert runs.run("x", server.start, "first-run") == "x"
    [before] = server_pids()

    os.kill(before, signal.SIGKILL)

    assert runs.run("y", server.start, "second-run") == "y"
    [after] = server_pids()
    assert after != before


@pytest.mark.usefixtures("crowd")
def test_a_run_ends_well_beside_a_thousand_connections(runs: Runs, server: ForkServer) -> None:
    assert runs.run("x", server.start, "a-run") == "x"


def test_runs_at_once_of_one_server_end_each_for_itself(runs: Runs, server: ForkServer) -> None:
    runs.write_task("wait_for", path="{{ longshore_stop_file | dirname }}/go", timeout="120")
    with ThreadPoolExecutor(2) as pool:
        killed = pool.submit(runs.execute, server.start, "killed", "shop")
        left = pool.submit(runs.execute, server.start, "left", "other")
        for name in ("killed", "left"):
            wait_for((runs.folder(name) / "events.jsonl").exists, f"{name} begins", seconds=60)
        [pid] = server_pids()
        [guard] = processes.children_of(pid) & processes.working_below(runs.folder("killed"))

        os.kill(guard, signal.SIGKILL)

        assert killed.result(60) is None
        assert not processes.working_below(runs.folder("killed"))
        (runs.folder("left") / "go").touch()
        assert left.result(60) == 0


@dataclass
class Waiting:
    """Runs that go on until they are ended: a test holds the lock of their app."""

    folder: Path
    started: list[RunProcess] = field(default_factory=list)

    def start(self, start: Callable[[RunStart], RunProcess]) -> RunProcess:
        spec = {"lock": str(self.folder / "lock"), "parent": os.getpid()}
        with (self.folder / "errors").open("w") as errors:
            run = start(RunStart(spec, dict(os.environ), self.folder, errors))
        self.started.append(run)
        wait_for(self.guards, "the start of the run")
        return run

    def guards(self) -> set[int]:
        return processes.working_below(self.folder)


@pytest.fixture
def waiting(installation: Installation) -> Iterator[Waiting]:
    folder = installation.state / "runs" / "waiting"
    folder.mkdir(mode=0o700, parents=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Waiting(folder)
        yield made
        for pid in server_pids():
            os.kill(pid, signal.SIGKILL)
        for run in made.started:
            with contextlib.suppress(ValueError):  # its end was noticed in the test
                run.ended(30)


def test_an_end_that_the_server_does_not_notice_kills_it_with_its_runs(
    server: ForkServer, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_processes, "_RUN_ENDS_WITHIN_S", 0.2)
    run = waiting.start(server.start)
    [pid] = server_pids()
    os.kill(pid, signal.SIGSTOP)

    run.end()

    wait_for(lambda: not server_pids() | waiting.guards(), "the end of the server and its run")


def test_a_run_that_is_stopped_and_was_started_anew_is_killed_at_its_end(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_processes, "_RUN_ENDS_WITHIN_S", 0.2)
    run = waiting.start(start_anew)
    [guard] = waiting.guards()
    os.kill(guard, signal.SIGSTOP)

    run.end()

    assert not waiting.guards()


@pytest.mark.parametrize("has_run", [True, False])
def test_a_server_that_does_not_answer_is_replaced_and_killed_once_it_has_no_run(
    server: ForkServer, waiting: Waiting, monkeypatch: pytest.MonkeyPatch, *, has_run: bool
) -> None:
    run = waiting.start(server.start)
    [hung] = server_pids()
    guards = waiting.guards()
    if not has_run:
        run.end()
    os.kill(hung, signal.SIGSTOP)
    monkeypatch.setattr(run_processes, "_ANSWER_WITHIN_S", 0.2)
    monkeypatch.setattr(run_processes, "_SERVER_ENDS_WITHIN_S", 0.0)

    waiting.start(server.start)
    waiting.start(server.start)

    if has_run:
        assert len(server_pids() - {hung}) == 1
        assert hung in server_pids()
        assert guards < waiting.guards(), "what was started goes on"
    else:
        wait_for(lambda: hung not in server_pids(), "the end of the server")


def test_a_run_starts_ansible_anew_where_no_server_starts(
    runs: Runs, caplog: pytest.LogCaptureFixture
) -> None:
    server = ForkServer(runs.installation.folder / "is-not-there")

    assert runs.run("x", server.start, "a-run") == "x"
    assert "this run starts Ansible anew" in caplog.text


@pytest.mark.parametrize("change", ["edit", "replace", "remove"])
def test_a_module_that_changes_after_its_import_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = tmp_path / "imported_by_a_test.py"
    file.write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    __import__(file.stem)
    imported = ImportedFiles()
    assert not imported.have_changed()

    if change == "edit":
        file.write_text("VALUE = 22\n")
    elif change == "replace":
        (tmp_path / "new").write_text("VALUE = 2\n")
        (tmp_path / "new").rename(file)
    else:
        file.unlink()

    assert imported.have_changed()
    monkeypatch.delitem(sys.modules, file.stem)


@pytest.mark.parametrize("meanwhile", ["module", "configuration", "nothing"])
def test_a_change_during_the_import_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    configuration = tmp_path / "ansible.cfg"
    module = tmp_path / "imported_by_a_test.py"
    imported = ImportedFiles([str(configuration)])

    if meanwhile == "module":
        module.write_text("VALUE = 1\n")
        imported_one = ModuleType(module.stem)
        imported_one.__file__ = str(module)
        monkeypatch.setitem(sys.modules, module.stem, imported_one)
    elif meanwhile == "configuration":
        configuration.write_text("[defaults]\n")
    imported.add_imported([str(configuration)])

    assert imported.have_changed() == (meanwhile != "nothing")


def test_what_is_installed_beside_what_was_imported_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    imported = ImportedFiles([str(tmp_path / "ansible.cfg")])

    (tmp_path / "library-1.0.dist-info").mkdir()

    assert imported.have_changed()


def test_the_server_has_one_thread_and_nothing_of_the_bridges_environment(
    runs: Runs, server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHORE_SECRET", "canary-that-no-run-may-see")
    runs.run("x", server.start, "a-run")
    [pid] = server_pids()

    assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
    assert b"canary" not in Path(f"/proc/{pid}/environ").read_bytes()
