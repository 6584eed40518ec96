# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps as the inventory declares them.

Ansible reads the same file as the variable `apps`. The bridge needs only the policy fields, which
are literal values; what stands under `container` may hold templates and vault strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.longshore.containers.plugins.plugin_utils._app_entry import app_problems
from pydantic import BaseModel, ValidationError

from webhook_bridge.config.app import App
from webhook_bridge.config.validation_errors import describe_problems
from webhook_bridge.config.yaml_files import Tagged, read_yaml
from webhook_bridge.errors import ConfigurationError, NotFound

_TEMPLATE = re.compile(r"\{\{|\{%|\{#|#jinja2")


class _AppsVariable(BaseModel):
    apps: dict[str, App]


Apps = Mapping[str, App]


def load_apps(file: Path) -> Apps:
    """Read and check the apps file.

    Raises ConfigurationError with every problem found, each naming file and path of the key.
    """
    data = read_yaml(file)
    if not isinstance(data, dict) or set(data) != {"apps"}:
        raise ConfigurationError([f"{file}: must hold one key, apps, and nothing beside it"])
    templates = list(_templates(data["apps"]))
    if templates:
        raise ConfigurationError([f"{file}: {path}: {_NO_TEMPLATE}" for path in templates])
    apps, problems = _judge(file, data["apps"])
    if problems:
        raise ConfigurationError(problems)
    return apps


def _judge(file: Path, declared: object) -> tuple[Apps, list[str]]:
    """Return the apps, and a line for each thing that is wrong with them.

    What can be written, the collection says, so that a playbook refuses the same in the same words;
    then an entry becomes values, which can fail only where it names what is not there: a key file.
    """
    entries = declared if isinstance(declared, dict) else {}
    found = {name: app_problems(name, entry) for name, entry in entries.items()}
    problems = [f"{file}: {problem}" for app in found.values() for problem in app]
    fit = {name: entry for name, entry in entries.items() if not found[name]}
    data = {"apps": fit if isinstance(declared, dict) else declared}
    try:
        return _AppsVariable.model_validate(data, context={"folder": file.parent}).apps, problems
    except ValidationError as error:
        return {}, problems + describe_problems(file, error, model=_AppsVariable)


def find_app(apps: Apps, name: str) -> App:
    """Return a declared app; raise NotFound naming those there are."""
    if name not in apps:
        known = ", ".join(sorted(apps)) or "none"
        raise NotFound(f"no app {name!r} is declared in the apps file; declared: {known}")
    return apps[name]


_NO_TEMPLATE = (
    "holds a template or vault value, but the bridge needs this field as a literal; "
    "templates may stand under container only"
)


def _templates(value: object, path: tuple[str, ...] = ("apps",)) -> list[str]:
    """Return the paths of the policy fields (all but `container`) that are not literal."""
    if path[2:] == ("container",):
        return []
    if isinstance(value, dict):
        return [hit for k, v in value.items() for hit in _templates(v, (*path, str(k)))]
    if isinstance(value, list):
        return [hit for i, v in enumerate(value) for hit in _templates(v, (*path, str(i)))]
    found = isinstance(value, Tagged) or (
        isinstance(value, str) and _TEMPLATE.search(value) is not None
    )
    return [".".join(path)] if found else []
