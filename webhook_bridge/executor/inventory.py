# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask Ansible which hosts the apps' patterns match, in a process of its own (inventory_hosts).

This is the one place that knows: `longshore check`, the care for lost and for new hosts, and what
people are shown go by it, and it reads as a run reads.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.environment import run_environment
from webhook_bridge.executor.inventory_failure import cause_of_failure
from webhook_bridge.executor.inventory_hosts import Matched

# An inventory may be asked of a cloud, page by page.
_LONGEST_S = 300
_POLL_INTERVAL_S = 0.5


@dataclass(frozen=True)
class InventoryAnswer:
    """The hosts of each app, and of some why their pattern is wrong.

    `unmatched` are the parts of an app's pattern that name neither a group nor a host: Ansible
    passes over them.
    """

    hosts: Mapping[str, list[str]]
    problems: Mapping[str, str] = field(default_factory=dict)
    unmatched: Mapping[str, list[str]] = field(default_factory=dict)


def hosts_of_apps(
    settings: Settings, apps: Apps, *, timeout_s: float = _LONGEST_S
) -> Mapping[str, list[str]]:
    """Return the hosts of each app.

    Raises ConfigurationError when the inventory is wrong, or not read within `timeout_s` seconds.
    """
    answer = ask_hosts(settings, apps, timeout_s=timeout_s)
    if answer.problems:
        raise ConfigurationError(list(answer.problems.values()))
    return answer.hosts


def ask_hosts(
    settings: Settings,
    apps: Apps,
    *,
    timeout_s: float = _LONGEST_S,
    stop: threading.Event | None = None,
) -> InventoryAnswer:
    """Return which hosts each app has; once `stop` is set, nobody waits for the answer.

    Raises ConfigurationError when the inventory cannot be read, or not within `timeout_s` seconds.
    """
    question = {
        "inventory": str(settings.ansible.inventory),
        "patterns": {name: app.hosts for name, app in apps.items()},
    }
    code, output, errors = _run(settings, json.dumps(question), timeout_s=timeout_s, stop=stop)
    if code != 0:
        said = errors.strip().splitlines()
        cause = cause_of_failure(said) or (said[-1] if said else "Ansible cannot read it")
        raise ConfigurationError([f"{settings.ansible.inventory}: {cause}"])
    matched: dict[str, Matched] = json.loads(output.splitlines()[-1])
    return InventoryAnswer(
        hosts={name: one["hosts"] for name, one in matched.items()},
        problems=_problems(settings, matched, apps),
        unmatched={name: one["unmatched"] for name, one in matched.items() if one["unmatched"]},
    )


def _run(
    settings: Settings, question: str, *, timeout_s: float, stop: threading.Event | None
) -> tuple[int, str, str]:
    _make_state_dir(settings)
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    with subprocess.Popen(
        [sys.executable, "-m", "webhook_bridge.executor.inventory_hosts"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=settings.state_dir,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            output, errors = _wait(child, question, timeout_s=timeout_s, stop=stop)
        except BaseException:
            _end(child)
            raise
    if child.returncode is None or output is None or errors is None:
        problem = f"{settings.ansible.inventory}: not read within {timeout_s:g} s; see its plugins"
        raise ConfigurationError([problem])
    return child.returncode, output, errors


def _wait(
    child: subprocess.Popen[str],
    question: str,
    *,
    timeout_s: float,
    stop: threading.Event | None,
) -> tuple[str | None, str | None]:
    """Return what the child said; nothing where it took too long, or nobody waits any longer."""
    deadline = time.monotonic() + timeout_s
    said: str | None = question
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or (stop is not None and stop.is_set()):
            _end(child)
            return None, None
        try:
            return child.communicate(said, timeout=min(_POLL_INTERVAL_S, left))
        except subprocess.TimeoutExpired:
            said = None


def _end(child: subprocess.Popen[str]) -> None:
    """End it with what its plugins started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _make_state_dir(settings: Settings) -> None:
    try:
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"{settings.file}: state_dir: {settings.state_dir}: {error.strerror}"
        raise ConfigurationError([problem]) from error


def _problems(settings: Settings, matched: Mapping[str, Matched], apps: Apps) -> dict[str, str]:
    """Return what is wrong with a pattern that no run could go by."""
    said = {name: _problem(settings, one) for name, one in matched.items()}
    return {
        name: f"{settings.ansible.apps_file}: apps.{name}.hosts: {apps[name].hosts!r} {one}"
        for name, one in said.items()
        if one
    }


def _problem(settings: Settings, matched: Matched) -> str:
    if matched["wrong"]:
        return f"is no pattern that Ansible takes: {matched['wrong']}"
    if not matched["absent"]:
        return ""
    # Only localhost can be such a host: Ansible makes it up where a pattern names it.
    return (
        f"names this machine, which {settings.ansible.inventory} does not have: add it there "
        "(localhost: {ansible_connection: local}), or take it out"
    )
