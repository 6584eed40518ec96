# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps as the inventory declares them.

Ansible reads the same file as the variable `apps`. The bridge needs only the policy fields, which
are literal values; what stands under `container` may hold templates and vault strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from webhook_bridge.config.app import App
from webhook_bridge.config.validation_errors import describe_problems
from webhook_bridge.config.yaml_files import Tagged, read_yaml
from webhook_bridge.errors import ConfigurationError, NotFound

AppName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
_TEMPLATE = re.compile(r"\{\{|\{%|\{#|#jinja2")


class _AppsVariable(BaseModel):
    apps: dict[AppName, App]


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
    try:
        return _AppsVariable.model_validate(data, context={"folder": file.parent}).apps
    except ValidationError as error:
        raise ConfigurationError(describe_problems(file, error, model=_AppsVariable)) from None


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
