# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the apps' options, or variables that they use, hold a text that YAML read otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from webhook_bridge.config.yaml_texts import (
    TEXT,
    Option,
    Place,
    composed,
    entries,
    misread,
    names_in,
    numbers_in,
    other_bases_in,
    texts_in,
    variable_of,
)

_SUFFIXES = ("", ".yml", ".yaml", ".json")
_FOLDERS = ("group_vars", "host_vars")


@dataclass
class _Uses:
    """What the options take from variables."""

    whole: dict[str, list[tuple[Option, str]]] = field(default_factory=dict)
    """Variables that an option consists of: as which option, of which key."""
    parts: dict[str, str] = field(default_factory=dict)
    """Variables that templates name, each with a key that uses it."""


def misread_options(apps_file: Path, inventory: Path, options: Mapping[str, Option]) -> list[str]:
    """Return a line for each text that YAML read as something else: file, line, key, remedy.

    Looked at are numbers of base 8 or 60 anywhere in an app, its `track` and the options of its
    container, in the apps file and wherever else the inventory's variables set `apps`, and the
    variables that the options use. What only Ansible can read (vaulted files, other formats of
    inventories) is passed over.
    """
    files = list(dict.fromkeys([apps_file, *_variable_files(inventory)]))
    nodes = {file: node for file in files if (node := composed(file)) is not None}
    uses = _Uses()
    found: list[str] = []
    for file, node in nodes.items():
        for name, _, value in entries(node):
            if name == "apps":
                found += _lines(file, _places_in_apps(value, options, uses))
    for file, node in [*nodes.items(), *nodes.items()]:  # a variable may use a later one
        is_inventory = not set(_FOLDERS) & set(file.parts)
        found += _lines(file, _places_in_variables(node, uses, deep=is_inventory))
    return list(dict.fromkeys(found))


def _variable_files(inventory: Path) -> list[Path]:
    folder = inventory if inventory.is_dir() else inventory.parent
    own = folder.glob("*") if inventory.is_dir() else [inventory]
    of_folders = (file for name in _FOLDERS for file in (folder / name).rglob("*"))
    found = [file for file in [*own, *of_folders] if file.suffix in _SUFFIXES and file.is_file()]
    return sorted(found)


def _lines(file: Path, places: Iterator[Place]) -> list[str]:
    return [
        f"{file}:{place.node.start_mark.line + 1}: {place.path}: {said}"
        for place in places
        if (said := misread(place))
    ]


def _places_in_apps(node: yaml.Node, options: Mapping[str, Option], uses: _Uses) -> Iterator[Place]:
    for name, _, app in entries(node):
        texts = list(_texts_in_app(name, app, options, uses))
        yield from texts
        told = {place.path for place in texts}
        for place in other_bases_in(app, f"apps.{name}"):
            is_of_env = place.path.startswith(f"apps.{name}.container.env.")
            if place.path not in told and not is_of_env:
                yield place


def _texts_in_app(
    name: str, app: yaml.Node, options: Mapping[str, Option], uses: _Uses
) -> Iterator[Place]:
    for key, _, value in entries(app):
        if key == "track":
            yield from texts_in(value, TEXT, f"apps.{name}.track")
        elif key == "container":
            yield from _places_in_container(value, options, uses, f"apps.{name}.container")


def _places_in_container(
    node: yaml.Node, options: Mapping[str, Option], uses: _Uses, path: str
) -> Iterator[Place]:
    for name, _, value in entries(node):
        option = options.get(name, {"type": "none"})
        key = f"{path}.{name}"
        for place in texts_in(value, option, key):
            yield place
            if variable := variable_of(place.node):
                as_option = option if place.node is value else TEXT
                uses.whole.setdefault(variable, []).append((as_option, place.path))
        for variable in names_in(value):
            uses.parts.setdefault(variable, key)


def _places_in_variables(node: yaml.Node, uses: _Uses, *, deep: bool) -> Iterator[Place]:
    for name, _, value in entries(node):
        if name == "apps":
            continue
        told: list[yaml.Node] = []
        for option, user in uses.whole.get(name, ()):
            texts = list(texts_in(value, option, name))
            told += [place.node for place in texts]
            yield from _used_by(user, iter(texts))
        if name in uses.parts:
            numbers = (place for place in numbers_in(value, name) if place.node not in told)
            yield from _used_by(uses.parts[name], numbers)
            for variable in names_in(value):
                uses.parts.setdefault(variable, uses.parts[name])
        elif deep:
            yield from _places_in_variables(value, uses, deep=True)


def _used_by(user: str, places: Iterator[Place]) -> Iterator[Place]:
    return (replace(place, path=f"{place.path} (used by {user})") for place in places)
