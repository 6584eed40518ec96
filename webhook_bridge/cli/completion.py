# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell completes: names of apps and hooks, as the files say them now.

It happens while somebody types, so nothing is imported that takes time, and nothing is ever wrong:
of files that cannot be read, nothing is completed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

COMPLETE_VARIABLE = "_LONGSHORE_COMPLETE"
_APPS_FILE = "inventory/group_vars/all/apps.yml"

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def app_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the apps of the apps file that start so."""
    del param
    from webhook_bridge.config.yaml_files import read_yaml  # noqa: PLC0415 -- only where it is asked

    try:
        file = settings_file(ctx)
        said = settings_of(file).get("ansible", {}).get("apps_file", _APPS_FILE)
        written: Any = read_yaml(file.parent / said)
        return _starting(written["apps"], incomplete)
    except Exception:  # noqa: BLE001 -- nobody wants to see it while typing
        return []


def hook_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the hooks of the settings file that start so."""
    del param
    try:
        return _starting(settings_of(settings_file(ctx)).get("hooks", {}), incomplete)
    except Exception:  # noqa: BLE001 -- nobody wants to see it while typing
        return []


def settings_file(ctx: click.Context) -> Path:
    """Return the settings file that the command names."""
    return Path(ctx.find_root().params["config"])


def settings_of(file: Path) -> dict[str, Any]:
    """Return the settings as they are written; raises what reading and TOML raise."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _starting(names: dict[str, Any], incomplete: str) -> list[str]:
    return [name for name in sorted(names) if name.startswith(incomplete) and name.isprintable()]
