# SPDX-License-Identifier: GPL-3.0-or-later
"""The apps as the inventory declares them: one schema that validates and documents each field.

Ansible reads the same file as the variable `apps`. The bridge needs only the policy fields, which
are literal values; what stands under `container` may hold templates and vault strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from webhook_bridge.errors import ConfigurationError
from webhook_bridge.governed_options import governed_options
from webhook_bridge.problems import describe_problems
from webhook_bridge.references import ImageName, is_tag, parse_image_name
from webhook_bridge.yaml_files import Tagged, read_yaml

AppName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]
_ALL_PERCENT = 100
_TEMPLATE = re.compile(r"\{\{|\{%|\{#|#jinja2")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _image(value: object) -> ImageName:
    if isinstance(value, ImageName):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a string: registry and repository, never a tag")
    return parse_image_name(value)


def _tag(value: object) -> str:
    if isinstance(value, dict):
        raise ValueError("only a literal tag can be tracked in this version; write one, as latest")
    if not isinstance(value, str) or not is_tag(value):
        raise ValueError(f"{str(value)[:60]!r} is no tag; quote it where YAML reads a number")
    return value


def _batch(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError('must be a number of hosts or a percentage, as 1 or "25%"')
    match = re.fullmatch(r"([1-9]\d*)(%?)", str(value))
    if match is None or (match[2] and int(match[1]) > _ALL_PERCENT):
        raise ValueError(f'{value!r} is no number of hosts above 0 nor a percentage, as "25%"')
    return value


def _batches(value: object) -> tuple[int | str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError('is empty; write for example [1, "25%", "100%"]')
    return tuple(_batch(item) for item in values)


class Health(_Table):
    """How long a new container may take to get healthy, and must then stay so; in seconds."""

    timeout: float = Field(default=60.0, gt=0, le=86400)
    stable_for: float = Field(default=10.0, ge=0, le=86400)


class Rollout(_Table):
    """How the hosts follow one another, in Ansible's own words."""

    serial: Annotated[tuple[int | str, ...], BeforeValidator(_batches)] = (1, "25%", "100%")
    max_fail_percentage: int = Field(default=0, ge=0, le=100)
    on_failure: Literal["restore", "halt"] = "restore"


def _options(value: dict[str, Any]) -> dict[str, Any]:
    governed = governed_options()
    wrong = [f"{key} cannot be set here: {governed[key]}" for key in value if key in governed]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def _literal(value: str) -> str:
    if not value.strip() or value.startswith("-"):
        raise ValueError("must be an Ansible host pattern, as web or web:!spare")
    return value


class App(_Table):
    """One container that is kept up to date on a set of hosts."""

    image: Annotated[ImageName, BeforeValidator(_image)]
    track: Annotated[str, BeforeValidator(_tag)] = "latest"
    hosts: Annotated[str, AfterValidator(_literal)]
    container: Annotated[dict[str, Any], AfterValidator(_options)] = {}
    health: Health = Health()
    switch: Literal["stop_first"] = "stop_first"
    rollout: Rollout = Rollout()
    keep: int = Field(default=2, ge=0, le=20, strict=True)


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
        return _AppsVariable.model_validate(data).apps
    except ValidationError as error:
        raise ConfigurationError(describe_problems(file, error, model=_AppsVariable)) from None


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
