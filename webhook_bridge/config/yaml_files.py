# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an Ansible variable file without Ansible: plain values, tags kept opaque, no duplicate key.

Importing Ansible's own loader costs a second; the bridge needs only the literal values.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from webhook_bridge.errors import ConfigurationError


@dataclass(frozen=True)
class Tagged:
    """A value that only Ansible can read, as `!vault`; only its tag is kept."""

    tag: str


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses duplicate keys instead of taking the last one."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if str(key.value) in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {key.value!r} stands twice", key.start_mark
            )
        seen.add(str(key.value))
    # Only now: a key beside `<<` may set a merged one anew.
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


def _tagged(_loader: _Loader, suffix: str, _node: yaml.Node) -> Tagged:
    return Tagged(suffix)


def _scalar(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Construct a scalar; PyYAML lets through what Python says of 2026-13-45 or `!!int x`."""
    try:
        return yaml.SafeLoader.yaml_constructors[node.tag](loader, node)
    except (ValueError, KeyError, AttributeError):
        kind = node.tag.rpartition(":")[2]
        problem = f"{node.value[:40]!r} must be a valid {kind}; quote it if it is a text"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_multi_constructor("!", _tagged)
for _kind in ("bool", "int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _scalar)


def _refuse_vault(file: Path, text: str) -> None:
    if text.startswith("$ANSIBLE_VAULT;"):
        problem = (
            f"{file}: is encrypted with ansible-vault as a whole, and the bridge needs the literal "
            "values in it: decrypt it (ansible-vault decrypt), and encrypt only the values under "
            "container that are secret (ansible-vault encrypt_string)"
        )
        raise ConfigurationError([problem])


def read_yaml(file: Path) -> object:
    """Return what a YAML file holds; raise ConfigurationError naming file, line and column."""
    try:
        text = file.read_text(encoding="utf-8")
        _refuse_vault(file, text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader: plain values only
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: does not exist; run: longshore init"]) from None
    except (OSError, UnicodeError) as error:
        raise ConfigurationError([f"{file}: cannot be read: {error}"]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"{mark.line + 1}:{mark.column + 1}: "
        raise ConfigurationError([f"{file}: {place}{error.problem}"]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError([f"{file}: must be YAML: {error}"]) from None
