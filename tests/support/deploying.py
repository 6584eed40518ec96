# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge's run of a playbook, in processes that can be looked at and killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support import processes
from tests.support.installation import Installation
from tests.support.waiting import wait_for
from webhook_bridge.file_locks import FileLock

DIGEST = "#jinja2: variable_start_string:'[%', variable_end_string:'%]'\n[% 6 * 7 %]"
HOST = "{% for x in [1] %}42{% endfor %}"
SECRET = "canary-that-no-run-may-see"
Way = Literal["anew", "forked"]
# What `longshore serve` does for one claimed app, in a process of its own that can be killed.
BRIDGE = """
import json, sys, threading
from pathlib import Path
from webhook_bridge.executor import run_processes, runner
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, Work

way, settings, runner.PLAYBOOK, app, digest, host = sys.argv[1:]
settings = load_settings(Path(settings))
server = run_processes.ForkServer(settings.state_dir / "runs")
start = server.start if way == "forked" else run_processes.start_anew
release = Release(app, "127.0.0.1:1/acme/shop", "latest", digest, "deploy", "test", id="r")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(1) and stop.set()), daemon=True).start()

def deploy(name):
    run = Run(app, "r", 1, 1, "deploy", (host,), {}, name)
    return runner.execute(
        settings, Work(release, run, 0), stop=stop, why_stop=lambda: "canceled", start=start
    )

report = deploy("the-run")
print(json.dumps([report.exit_code, report.error]))
"""


@dataclass
class Deploying:
    """An installation, a playbook in the place of ours, and where its runs leave things."""

    installation: Installation
    temporary: Path
    way: Way = "anew"

    @property
    def run_folder(self) -> Path:
        return self.installation.state / "runs" / "the-run"

    def start(self, *tasks: dict[str, object], app: str = "shop") -> subprocess.Popen[str]:
        play = {"hosts": "h1", "gather_facts": False, "tasks": list(tasks)}
        play["vars"] = {"ansible_python_interpreter": sys.executable}
        playbook = self.installation.folder / "play.yml"
        playbook.write_text(json.dumps([play]))
        arguments = [self.way, str(self.installation.file), str(playbook), app, DIGEST, HOST]
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
        wait_for(lambda: processes.with_argument(self.nap), "the task sleeps", seconds=90)
        return bridge

    @property
    def nap(self) -> str:
        """Return a number of seconds that no other process sleeps."""
        return f"300.{abs(hash(self.temporary))}"

    def alive(self) -> set[int]:
        """Return what is left of the run: it works in its folder, or has it in its environment.

        A fork server works in the folder of all runs.
        """
        found = processes.with_environment(str(self.run_folder))
        found |= processes.working_below(self.run_folder.parent)
        return found | processes.with_argument(f"sleep\0{self.nap}")

    def private_folders(self) -> list[Path]:
        """Return the run's own folders; what a killed module leaves on its host is not ours."""
        return list(self.temporary.glob("longshore-*"))

    def nothing_is_left(self) -> None:
        wait_for(lambda: not self.alive(), "no process is left")
        wait_for(lambda: not self.private_folders(), "no private folder")
        # A process that ends lets go of its memory, by which it is found here, before its files.
        with FileLock(self.installation.state / "locks" / "shop.lock") as lock:
            wait_for(lock.acquire, "the app's lock is free")
