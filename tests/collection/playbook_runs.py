# SPDX-License-Identifier: GPL-3.0-or-later
"""Running ansible-playbook on this machine without any host."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


@dataclass
class Playbooks:
    """A folder with an inventory in which playbooks are run, over local connections."""

    folder: Path
    events: list[dict[str, Any]] = field(default_factory=list)
    output: str = ""
    returncode: int = -1

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return path

    def run(self, playbook: str, *arguments: str, **extra: Any) -> "Playbooks":
        """Run a playbook with extra vars; keep output, return code and the outcomes' events."""
        outcomes = self.folder / "outcomes.jsonl"
        outcomes.unlink(missing_ok=True)
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            [program, "-i", "inventory", playbook, "-e", json.dumps(extra), *arguments],
            cwd=self.folder,
            env=self._environment(outcomes),
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        lines = outcomes.read_text().splitlines() if outcomes.exists() else []
        self.events = [json.loads(line) for line in lines]
        self.output, self.returncode = done.stdout + done.stderr, done.returncode
        return self

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the events of one kind."""
        return [each for each in self.events if each["event"] == event]

    def _environment(self, outcomes: Path) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_CALLBACKS_ENABLED": "longshore.containers.outcomes",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_NOCOLOR": "true",
            # As in the bridge's runs, and in the ansible.cfg of this repository.
            "ANSIBLE_PIPELINING": "true",
            "LONGSHORE_OUTCOMES": str(outcomes),
        }


def outcomes(run: Playbooks) -> dict[str, str]:
    return {each["host"]: each["outcome"] for each in run.of("outcome")}
