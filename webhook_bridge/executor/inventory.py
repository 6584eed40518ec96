# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Ansible which hosts the apps' patterns match, in a process of its own.

`python -m webhook_bridge.executor.inventory` reads {"inventory": path, "patterns": {name: pattern}}
and prints {name: [hosts]}. Importing Ansible costs a second, so the bridge itself never does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.environment import run_environment

# An inventory may be asked of a cloud, page by page.
_LONGEST_S = 300


def hosts_of_apps(settings: Settings, apps: Apps) -> Mapping[str, list[str]]:
    """Return the hosts of each app; raise ConfigurationError when the inventory is wrong."""
    question = {
        "inventory": str(settings.ansible.inventory),
        "patterns": {name: app.hosts for name, app in apps.items()},
    }
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{settings.file}: state_dir: {settings.state_dir}: {error.strerror}"
        raise ConfigurationError([problem]) from error
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "webhook_bridge.executor.inventory"],
            input=json.dumps(question),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        problem = f"{settings.ansible.inventory}: not read within {_LONGEST_S} s; see its plugins"
        raise ConfigurationError([problem]) from None
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["Ansible cannot read it"]
        raise ConfigurationError([f"{settings.ansible.inventory}: {reason[-1]}"])
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def _answer(question: Mapping[str, Any]) -> dict[str, list[str]]:
    from ansible.inventory.manager import InventoryManager  # noqa: PLC0415 -- costs a second
    from ansible.parsing.dataloader import DataLoader  # noqa: PLC0415 -- the same

    inventory = InventoryManager(loader=DataLoader(), sources=[question["inventory"]])
    return {
        name: [host.name for host in inventory.get_hosts(pattern)]
        for name, pattern in question["patterns"].items()
    }


if __name__ == "__main__":
    print(json.dumps(_answer(json.load(sys.stdin))))  # noqa: T201 -- its answer
