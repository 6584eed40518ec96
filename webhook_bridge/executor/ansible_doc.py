# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that community.docker knows for a container, and those of the apps that it doesn't.

`ansible-doc` is asked, because it finds the very collection that a run would use.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.config.yaml_texts import Option
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.environment import run_environment

_MODULE = "community.docker.docker_container"


def known_options(settings: Settings) -> Mapping[str, Option]:
    """Return the module's options, under their aliases too.

    Raises ConfigurationError where Ansible does not find the module.
    """
    environment = run_environment(
        settings.ansible, state_dir=settings.state_dir, events=Path(os.devnull), environ=os.environ
    )
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-doc"), "--json", "--type", "module", _MODULE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
    if _MODULE not in found:
        raise ConfigurationError(
            [f"{_MODULE} is not installed; run: ansible-galaxy collection install community.docker"]
        )
    options: dict[str, Option] = found[_MODULE]["doc"]["options"]
    return {
        name: option
        for key, option in options.items()
        for name in (key, *option.get("aliases", ()))
    }


def unknown_options(apps: Apps, known: Collection[str]) -> list[str]:
    """Return a problem, `key: sentence`, for each container option that the module lacks."""
    return [
        f"apps.{name}.container.{option}: is not known to {_MODULE}{_meant(str(option), known)}"
        for name, app in apps.items()
        for option in app.container
        if option not in known
    ]


def _meant(option: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(option, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
