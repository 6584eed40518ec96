# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Ansible which hosts the apps' patterns match, in a process of its own (inventory_hosts)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.environment import run_environment
from webhook_bridge.executor.inventory_hosts import ABSENT

# An inventory may be asked of a cloud, page by page.
_LONGEST_S = 300


def hosts_of_apps(
    settings: Settings, apps: Apps, *, timeout_s: float = _LONGEST_S
) -> Mapping[str, list[str]]:
    """Return the hosts of each app.

    Raises ConfigurationError when the inventory is wrong, or not read within `timeout_s` seconds.
    """
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
            [sys.executable, "-m", "webhook_bridge.executor.inventory_hosts"],
            input=json.dumps(question),
            env=environment,
            cwd=settings.state_dir,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        problem = f"{settings.ansible.inventory}: not read within {timeout_s:g} s; see its plugins"
        raise ConfigurationError([problem]) from None
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["Ansible cannot read it"]
        raise ConfigurationError([f"{settings.ansible.inventory}: {reason[-1]}"])
    answer: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    _refuse_absent(settings, answer.pop(ABSENT), apps)
    return answer


def _refuse_absent(settings: Settings, absent: Sequence[str], apps: Apps) -> None:
    """Raise ConfigurationError for patterns that name a host which the inventory does not have.

    Only localhost can be such a host: Ansible makes it up where a pattern names it.
    """
    if absent:
        raise ConfigurationError(
            [
                f"{settings.ansible.apps_file}: apps.{name}.hosts: {apps[name].hosts!r} names this "
                f"machine, which {settings.ansible.inventory} does not have: add it there "
                "(localhost: {ansible_connection: local}), or take it out"
                for name in absent
            ]
        )
