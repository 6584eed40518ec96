# SPDX-License-Identifier: GPL-3.0-or-later
"""What the apps' entries become on each of their hosts, as a run would render them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from webhook_bridge.config.settings import Settings
from webhook_bridge.config.yaml_texts import Option
from webhook_bridge.executor.environment import run_environment

# Variables may be asked of a vault or a cloud, for each host.
_LONGEST_S = 600
_HOSTS_NAMED = 3


@dataclass(frozen=True)
class RenderedApps:
    """What is wrong, a line each, and the hosts that have a login for their app's image."""

    problems: Sequence[str]
    logins: Mapping[str, Sequence[str]] = field(default_factory=dict)


def render_apps(
    settings: Settings,
    hosts: Mapping[str, Sequence[str]],
    options: Mapping[str, Option] = MappingProxyType({}),
) -> RenderedApps:
    """Render each app's entry for each of these hosts, in a child process; connect to none.

    `options` are those that a container may have, as docker_container documents them.
    """
    inventory = settings.ansible.inventory
    question = {"inventory": str(inventory), "hosts": hosts, "options": dict(options)}
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    try:
        done = subprocess.run(
            [sys.executable, "-m", "webhook_bridge.executor.rendered_options"],
            input=json.dumps(question),
            env=environment,
            cwd=settings.state_dir,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        return RenderedApps([f"{inventory}: its variables are not rendered within {_LONGEST_S} s"])
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines() or ["Ansible cannot render them"]
        return RenderedApps([f"{inventory}: its variables: {reason[-1]}"])
    answer = json.loads(done.stdout.splitlines()[-1])
    return RenderedApps(_lines(settings, answer["problems"]), answer["logins"])


def _lines(settings: Settings, problems: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Return a line for each mistake, with the hosts that it is on."""
    on_hosts: dict[str, list[str]] = {}
    for _app, host, path, sentence in problems:
        is_of_entry = path.startswith("apps.")
        file = settings.ansible.apps_file if is_of_entry else settings.ansible.inventory
        where = path or "its variables cannot be read"
        hosts = on_hosts.setdefault(f"{file}: {where}: {sentence}{_remedy(sentence)}", [])
        if host not in hosts:
            hosts.append(host)
    return [f"{line} ({_named(hosts)})" for line, hosts in on_hosts.items()]


def _remedy(sentence: str) -> str:
    if "no vault secrets" in sentence:
        return " Set ansible.vault_password_file."
    return "; define it for these hosts" if sentence.endswith("is undefined") else ""


def _named(hosts: Sequence[str]) -> str:
    if len(hosts) <= _HOSTS_NAMED:
        return f"on {', '.join(hosts)}"
    return f"on {', '.join(hosts[:_HOSTS_NAMED])} and {len(hosts) - _HOSTS_NAMED} more"
