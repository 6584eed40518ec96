# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that YAML reads as something else: `20:20` as 1220, `010` as 8, `no` as false.

Facts: YAML 1.1, which PyYAML and so Ansible read (https://yaml.org/type/: int with base 60 and 8,
bool, float, timestamp). What an option takes, community.docker's documentation says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

Option = Mapping[str, Any]
"""An option of a module as ansible-doc describes it: `type`, `elements`, `suboptions`."""

TEXT: Option = {"type": "str"}
_TEXTS = ("str", "path", "raw")
_IS_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_OURS = "tag:yaml.org,2002:"
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_ONE_NAME = re.compile(r"\s*\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}\s*")
_OTHER_BASE = re.compile(r"[-+]?(?:0[0-7_]+|.*:.*)")
_LARGEST = 1 << 20
_KINDS = {
    "bool": "true or false",
    "float": "a number",
    "int": "a number",
    "null": "nothing",
    "timestamp": "a date",
}


@dataclass(frozen=True)
class Place:
    """A scalar where a text is expected, and the path of its key."""

    path: str
    node: yaml.ScalarNode
    strict: bool = False
    """It is of an environment: a number is refused too, and no value is shown."""
    number: bool = False
    """A number may be meant, though not this one."""


def composed(file: Path) -> yaml.Node | None:
    """Return the nodes of a YAML file, None where it cannot be read without Ansible."""
    try:
        if file.stat().st_size > _LARGEST:
            return None
        text = file.read_text(encoding="utf-8")
        return None if text.startswith("$ANSIBLE_VAULT") else yaml.compose(text, yaml.SafeLoader)
    except (OSError, UnicodeError, yaml.YAMLError, RecursionError):
        return None


def entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Return key, its node and the value of each entry of a mapping, merged ones too."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for one in merged:
                yield from entries(one)
        elif isinstance(key, yaml.ScalarNode):
            yield key.value, key, value


def texts_in(node: yaml.Node, option: Option, path: str) -> Iterator[Place]:
    """Return the scalars of an option's value that it takes as texts."""
    kind, inner = option.get("type", "str"), option.get("suboptions")
    if kind == "list" and isinstance(node, yaml.SequenceNode):
        each = {**option, "type": option.get("elements", "str")}
        for index, one in enumerate(node.value):
            yield from texts_in(one, each, f"{path}.{index}")
    elif inner:
        by_name = {name: one for key, one in inner.items() for name in _names(key, one)}
        for name, _, value in entries(node):
            if name in by_name:
                yield from texts_in(value, by_name[name], f"{path}.{name}")
    elif kind in (*_TEXTS, "dict") or (
        kind == "list" and option.get("elements") in (*_TEXTS, None)
    ):
        yield from _scalars(node, path, strict=path.endswith(".env"))


def _names(key: str, option: Option) -> list[str]:
    return [key, *option.get("aliases", ())]


def _scalars(node: yaml.Node, path: str, *, strict: bool) -> Iterator[Place]:
    if isinstance(node, yaml.ScalarNode):
        yield Place(path, node, strict)
    elif isinstance(node, yaml.SequenceNode):
        for index, one in enumerate(node.value):
            yield from _scalars(one, f"{path}.{index}", strict=strict)
    for name, key, value in entries(node):
        if isinstance(key, yaml.ScalarNode):
            yield Place(f"{path}.{name}", key)
        yield from _scalars(value, f"{path}.{name}", strict=strict)


def misread(place: Place) -> str:
    """Return what YAML made of a text, and what to quote; empty where it is what was written."""
    node = place.node
    if node.style in ("'", '"', "|", ">") or node.tag == _IS_TEXT or not node.tag.startswith(_OURS):
        return ""
    value = _value(node)
    if node.tag == _NULL and not place.strict:
        return ""
    if str(value) == node.value and node.tag != _TIMESTAMP and not place.strict:
        return ""
    if place.strict:
        return f"YAML reads its value as {_KINDS[node.tag.removeprefix(_OURS)]}; put it in quotes"
    if place.number:
        meant = f"write {value} if that is meant, or put it in quotes if it is a text"
        return f"YAML reads {node.value} as the number {value}; {meant}"
    quoted = "" if node.tag == _NULL else node.value
    return (
        f'YAML reads {node.value or "an empty value"} as {_kind(node, value)}; quote it: "{quoted}"'
    )


def _kind(node: yaml.ScalarNode, value: Any) -> str:
    if node.tag == _TIMESTAMP:
        return "a date"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value is None else f"the number {value}"


def _value(node: yaml.ScalarNode) -> Any:
    constructor = yaml.SafeLoader.yaml_constructors.get(node.tag)
    try:
        return node.value if constructor is None else constructor(yaml.SafeLoader(""), node)
    except (ValueError, KeyError, AttributeError):
        return node.value


def names_in(node: yaml.Node) -> set[str]:
    """Return the names that templates in a value use, whatever of them is a variable."""
    texts = (place.node.value for place in _scalars(node, "", strict=False))
    templates = (inside for text in texts for pair in _TEMPLATE.findall(text) for inside in pair)
    return {name for template in templates for name in _NAME.findall(template)}


def variable_of(node: yaml.Node) -> str:
    """Return the variable that a value consists of, as `{{ name }}`; empty where it is more."""
    found = _ONE_NAME.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
    return found[1] if found else ""


def other_bases_in(node: yaml.Node, path: str) -> Iterator[Place]:
    """Return the scalars that YAML reads as a number of base 8 or 60: `010` and `1:30`."""
    for place in _scalars(node, path, strict=False):
        is_number = place.node.tag.removeprefix(_OURS) in ("int", "float")
        if is_number and _OTHER_BASE.fullmatch(place.node.value):
            yield replace(place, number=True)


def numbers_in(node: yaml.Node, path: str) -> Iterator[Place]:
    """Return the scalars of a variable that YAML reads as a number or a date."""
    for place in _scalars(node, path, strict=False):
        if place.node.tag.removeprefix(_OURS) in ("int", "float", "timestamp"):
            yield place
