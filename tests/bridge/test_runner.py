# SPDX-License-Identifier: GPL-3.0-or-later
"""Real runs: ansible-runner, ansible-playbook, and a kill at every link of the chain."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bridge import processes
from tests.bridge.installation import Installation
from tests.waiting import wait_for
from webhook_bridge.worker_lock import FileLock

APP = "{{ 6 * 7 }}"
DIGEST = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% 6 * 7 %]"
HOST = "{% for x in [1] %}42{% endfor %}"
SECRET = "canary-that-no-run-may-see"
# What `longshore serve` does for one claimed app, in a process of its own that can be killed.
BRIDGE = """
import json, sys, threading
from pathlib import Path
from webhook_bridge import runner
from webhook_bridge.settings import load_settings
from webhook_bridge.store.claims import Work
from webhook_bridge.store.releases import Release
from webhook_bridge.store.runs import Run

settings, runner.PLAYBOOK, app, digest, host = Path(sys.argv[1]), *sys.argv[2:6]
release = Release(app, "127.0.0.1:1/acme/shop", "latest", digest, "deploy", "test", id="r")
run = Run(app, "r", 1, 1, "deploy", (host,), {}, "the-run")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(1) and stop.set()), daemon=True).start()
work = Work(release, run, 0)
report = runner.execute(load_settings(settings), work, stop=stop, why_stop=lambda: "canceled")
print(json.dumps([report.exit_code, report.error]))
"""


@dataclass
class Deploying:
    """An installation, a playbook in the place of ours, and where its runs leave things."""

    installation: Installation
    temporary: Path

    @property
    def run_folder(self) -> Path:
        return self.installation.state / "runs" / "the-run"

    def start(self, *tasks: dict[str, object], app: str = "shop") -> subprocess.Popen[str]:
        play = {"hosts": "h1", "gather_facts": False, "tasks": list(tasks)}
        play["vars"] = {"ansible_python_interpreter": sys.executable}
        playbook = self.installation.folder / "play.yml"
        playbook.write_text(json.dumps([play]))
        arguments = [str(self.installation.file), str(playbook), app, DIGEST, HOST]
        return subprocess.Popen(
            [sys.executable, "-c", BRIDGE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary), "LONGSHORE_SECRET": SECRET},
        )

    def start_sleeping(self) -> subprocess.Popen[str]:
        """Start a run and wait until its task sleeps on the host."""
        bridge = self.start({"ansible.builtin.command": {"argv": ["sleep", self.nap]}})
        wait_for(lambda: processes.with_argument(self.nap), "the task sleeps", seconds=30)
        return bridge

    @property
    def nap(self) -> str:
        """Return a number of seconds that no other process sleeps."""
        return f"300.{abs(hash(self.temporary))}"

    def alive(self) -> set[int]:
        """Return what is left of the run: all its processes have its files in their environment."""
        found = processes.with_environment(str(self.run_folder))
        return found | processes.with_argument(f"sleep\0{self.nap}")

    def private_folders(self) -> list[Path]:
        """Return the run's own folders; what a killed module leaves on its host is not ours."""
        return list(self.temporary.glob("longshore-*"))

    def nothing_is_left(self) -> None:
        wait_for(lambda: not self.alive(), "no process is left", seconds=2)
        wait_for(lambda: not self.private_folders(), "no private folder", seconds=2)
        with FileLock(self.installation.state / "locks" / "shop.lock") as lock:
            assert lock.acquire()


@pytest.fixture
def deploying(installation: Installation, tmp_path: Path) -> Iterator[Deploying]:
    temporary = tmp_path / "t"
    temporary.mkdir()
    made = Deploying(installation, temporary)
    yield made
    for pid in made.alive():
        os.kill(pid, signal.SIGKILL)


def link(bridge: subprocess.Popen[str], name: str) -> int:
    """Return the process id of one link of the chain."""
    [guard] = processes.children_of(bridge.pid)
    [runner] = processes.children_of(guard)
    [playbook] = processes.children_of(runner)
    return {"bridge": bridge.pid, "guard": guard, "runner": runner, "playbook": playbook}[name]


@pytest.mark.parametrize("victim", ["bridge", "guard", "runner", "playbook"])
def test_a_kill_of_any_link_leaves_nothing_running(deploying: Deploying, victim: str) -> None:
    with deploying.start_sleeping() as bridge:
        os.kill(link(bridge, victim), signal.SIGKILL)
        bridge.wait(10)

        deploying.nothing_is_left()
        answer = bridge.communicate()[0]
    if victim != "bridge":
        assert json.loads(answer)[0] is None, "the run is known as interrupted"


def test_a_stop_ends_the_run_at_once(deploying: Deploying) -> None:
    with deploying.start_sleeping() as bridge:
        answer = bridge.communicate("x", timeout=10)[0]

    assert json.loads(answer) == [None, "the bridge was stopped"]
    deploying.nothing_is_left()


def test_a_run_that_passes_its_deadline_is_ended(deploying: Deploying) -> None:
    deploying.installation.write_settings('deadline = "10s"')

    with deploying.start_sleeping() as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code not in (None, 0)
    deploying.nothing_is_left()


def test_what_a_run_gets_is_taken_literally_and_no_secret_is_in_it(deploying: Deploying) -> None:
    told = deploying.installation.folder / "told"
    values = "{{ {'app': app, 'digest': longshore_digest, 'hosts': longshore_hosts} | to_json }}"
    tasks = (
        {"ansible.builtin.copy": {"content": values, "dest": f"{told}"}},
        {"ansible.builtin.command": {"argv": ["env"]}, "register": "env"},
        {"ansible.builtin.copy": {"content": "{{ env.stdout }}", "dest": f"{told}-env"}},
        {"ansible.builtin.debug": {"msg": "{{ app }}"}},
    )

    with deploying.start(*tasks, app=APP) as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert json.loads(told.read_text()) == {"app": APP, "digest": DIGEST, "hosts": [HOST]}
    assert "{{ 6 * 7 }}" in (deploying.run_folder / "log").read_text()
    environment = Path(f"{told}-env").read_text()
    assert "ANSIBLE_PIPELINING=True" in environment
    assert SECRET not in environment
    assert not deploying.private_folders()


def test_a_run_that_shall_stop_finds_the_reason_in_its_stop_file(deploying: Deploying) -> None:
    told = deploying.installation.folder / "told"
    tasks = (
        {"ansible.builtin.wait_for": {"path": "{{ longshore_stop_file }}", "timeout": 20}},
        {"ansible.builtin.copy": {"src": "{{ longshore_stop_file }}", "dest": str(told)}},
    )

    with deploying.start(*tasks) as bridge:
        exit_code, _ = json.loads(bridge.communicate(timeout=60)[0])

    assert exit_code == 0, (deploying.run_folder / "log").read_text()
    assert told.read_text() == "canceled"


def test_two_runs_of_one_app_wait_for_one_another(deploying: Deploying) -> None:
    lock = FileLock(deploying.installation.state / "locks" / "shop.lock")
    assert lock.acquire()
    done = deploying.installation.folder / "done"
    task = {"ansible.builtin.copy": {"content": "x", "dest": str(done)}}
    with deploying.start(task) as bridge:
        [guard] = wait_for(lambda: processes.children_of(bridge.pid), "the guard")
        opened = lock.file.name
        wait_for(lambda: _holds_open(guard, opened), "the guard waits for the lock")
        assert not processes.children_of(guard)

        lock.release()
        assert json.loads(bridge.communicate(timeout=60)[0])[0] == 0
    assert done.exists()


def _holds_open(pid: int, name: str) -> bool:
    try:
        return any(entry.readlink().name == name for entry in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
