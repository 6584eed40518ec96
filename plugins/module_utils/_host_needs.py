# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a container's options need of a host besides ports: named volumes and networks.

And what of them could only be judged here, where their templates are rendered.

The options are those of community.docker.docker_container, as far as they name such things.
"""

from __future__ import annotations

import re

from ansible_collections.longshore.containers.plugins.module_utils._mapping_text import (
    mapping_of,
)
from ansible_collections.longshore.containers.plugins.module_utils._port_options import listed
from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    restart_problems,
)

# Networks that every daemon has, and modes that name none.
BUILT_IN_NETWORKS = ("", "default", "bridge", "host", "none")

_MAPPINGS = {
    "networks": "{name: backend}",
    "mounts": "{type: volume, source: data, target: /data}",
}
_VOLUME_NAME = "[a-zA-Z0-9][a-zA-Z0-9_.-]*"


def needed_volumes(options):
    """Return the names of the volumes that the options mount and do not say how to make."""
    binds = (str(each).strip().partition(":") for each in listed(options, "volumes"))
    named = {source for source, colon, _rest in binds if colon}
    # It says how the volumes of `volumes` are made, those of `mounts` say it for themselves.
    named = set() if options.get("volume_driver") else named
    mounts = [each for each in asked_mounts(options) if each.get("type") in (None, "volume")]
    named |= {str(each.get("source") or "") for each in mounts}
    named -= {str(each.get("source") or "") for each in mounts if _is_made(each)}
    return tuple(sorted(name for name in named if re.fullmatch(_VOLUME_NAME, name)))


def mounted_paths(options):
    """Return the paths in the container at which the options mount anything."""
    volumes = (str(each).strip().split(":") for each in listed(options, "volumes"))
    paths = {each[1] if len(each) > 1 else each[0] for each in volumes}
    paths |= {str(each.get("target") or "") for each in mappings(options, "mounts")}
    paths |= {str(each).partition(":")[0] for each in listed(options, "tmpfs")}
    return {path.rstrip("/") or "/" for path in paths}


def needed_networks(options):
    """Return the names of the networks that the options join."""
    named = {str(each.get("name") or "") for each in asked_networks(options)}
    mode = str(options.get("network_mode") or "")
    named |= set() if mode.startswith("container:") else {mode}
    return tuple(sorted(named - set(BUILT_IN_NETWORKS)))


def asked_networks(options):
    """Return the networks that the options join, each a mapping with what is asked for there."""
    return mappings(options, "networks")


def asked_mounts(options):
    """Return what the option `mounts` mounts, each a mapping."""
    return mappings(options, "mounts")


def option_problems(options):
    """Return a sentence for each option that no container can be made with."""
    wrong = restart_problems(options)
    restart = [f"{key} of the container's options {said}" for key, said in wrong]
    return restart + _mapping_problems(options)


def _mapping_problems(options):
    return [
        f"{key}[{number}] of the container's options must be a mapping, such as {example}"
        for key, example in _MAPPINGS.items()
        for number, each in enumerate(listed(options, key))
        if mapping_of(each) is None
    ]


def _is_made(mount):
    """Whether a mount says how its volume is made: Docker makes it with the container then."""
    return bool(mount.get("volume_driver") or mount.get("volume_options"))


def mappings(options, key):
    """Return the elements of an option that are mappings; `option_problems` tells of others."""
    found = (mapping_of(each) for each in listed(options, key))
    return [each for each in found if each is not None]
