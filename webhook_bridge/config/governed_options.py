# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of docker_container that the role sets itself, read from the role, the one place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from webhook_bridge.config.yaml_files import read_yaml

_ROLE_VARIABLES = "longshore/containers/roles/docker_container/vars/main.yml"
_GOVERNED = "__docker_container_governed"


@cache
def governed_options() -> Mapping[str, str]:
    """Return each governed option with what to use instead.

    Nothing where the collection is not beside the bridge: the role's own preflight refuses them.
    """
    found = find_spec("ansible_collections")
    for folder in () if found is None else found.submodule_search_locations or ():
        file = Path(folder) / _ROLE_VARIABLES
        if file.exists():
            variables = read_yaml(file)
            governed = variables.get(_GOVERNED) if isinstance(variables, dict) else None
            return governed if isinstance(governed, dict) else {}
    return {}
