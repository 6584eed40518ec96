# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps as the inventory declares them.

Ansible reads the same file as the variable `apps`. The bridge needs only the policy fields, which
are literal values; what stands under `container` may hold templates and vault strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._app_entry import app_problems
from pydantic import BaseModel, ValidationError

from webhook_bridge.config.app import App
from webhook_bridge.config.validation_errors import describe_problems
from webhook_bridge.config.yaml_files import Tagged, read_yaml
from webhook_bridge.domain.references import shown
from webhook_bridge.errors import ConfigurationError, NotFound

_TEMPLATE = re.compile(r"\{\{|\{%|\{#|#jinja2")


class _AppsVariable(BaseModel):
    apps: dict[str, App]


Apps = Mapping[str, App]


def load_apps(file: Path) -> Apps:
    """Read and check the apps file.

    Raises ConfigurationError with every problem found, each naming file and path of the key.
    """
    apps, problems = read_apps(file)
    if problems:
        raise ConfigurationError(problems)
    return apps


def read_apps(file: Path) -> tuple[Apps, list[str]]:
    """Return the apps that are right, and a line for each thing that is wrong with the others.

    Raises ConfigurationError where the file as a whole cannot be read.
    """
    data = read_yaml(file)
    if not isinstance(data, dict) or set(data) != {"apps"}:
        raise ConfigurationError([f"{file}: must hold one key, apps, and nothing beside it"])
    return _judge(file, data["apps"])


def declared_hosts(file: Path) -> Apps:
    """Return the apps with nothing but their hosts and options, those that are wrong otherwise too.

    Raises ConfigurationError where the file cannot be read.
    """
    data = read_yaml(file)
    declared = data.get("apps") if isinstance(data, dict) else None
    fields: dict[str, dict[str, Any]] = {
        str(name): {"hosts": entry["hosts"], "container": _table(entry.get("container"))}
        for name, entry in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(entry, dict) and isinstance(entry.get("hosts"), str)
    }
    return {name: App.model_construct(**alone) for name, alone in fields.items()}


def _table(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _judge(file: Path, declared: object) -> tuple[Apps, list[str]]:
    """Return the apps, and a line for each thing that is wrong with them.

    What can be written, the collection says, so that a playbook refuses the same in the same words;
    then an entry becomes values, which can fail only where it names what is not there: a key file.
    """
    if not isinstance(declared, dict):
        return _values(file, declared)
    found = {name: _entry_problems(name, entry) for name, entry in declared.items()}
    problems = [f"{file}: {problem}" for app in found.values() for problem in app]
    apps, others = _values(file, {name: declared[name] for name in declared if not found[name]})
    return apps, problems + others


def _entry_problems(name: object, entry: object) -> list[str]:
    """Return what is wrong with an entry; what a template becomes, nobody knows here."""
    templates = _templates(entry, ("apps", str(name)))
    if templates:
        return [f"{path}: {_NO_TEMPLATE}" for path in templates]
    return [str(problem) for problem in app_problems(str(name), entry)]


def _values(file: Path, declared: object) -> tuple[Apps, list[str]]:
    context = {"folder": file.parent}
    try:
        return _AppsVariable.model_validate({"apps": declared}, context=context).apps, []
    except ValidationError as error:
        problems = describe_problems(file, error, model=_AppsVariable)
        wrong = {item["loc"][1] for item in error.errors() if len(item["loc"]) > 1}
        if not isinstance(declared, dict) or not wrong:
            return {}, problems
        fit = {name: entry for name, entry in declared.items() if name not in wrong}
        return _AppsVariable.model_validate({"apps": fit}, context=context).apps, problems


def find_app(apps: Apps, name: str) -> App:
    """Return a declared app; raise NotFound naming those there are.

    So `apps` are only those that whoever asks may see.
    """
    if name not in apps:
        known = ", ".join(sorted(apps)) or "none"
        raise NotFound(f"no app {shown(name)} is declared in the apps file; declared: {known}")
    return apps[name]


_NO_TEMPLATE = (
    "holds a template or vault value, but the bridge needs this field as a literal; "
    "templates may stand under container only"
)


def _templates(value: object, path: tuple[str, ...]) -> list[str]:
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
