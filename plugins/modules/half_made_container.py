#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clear away a container of a release that was made only in part."""

from __future__ import annotations

DOCUMENTATION = r"""
module: half_made_container
short_description: Clear away a container of a release that was made only in part
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Containers are made in several calls, of which one may fail or be cut off. Then the container
    bears the name of its release, and is not in all the networks that its options ask for.
  - A container is taken as made in part, too, where a container whose network, IPC or processes it
    was made to share is gone since. It names that one by its ID, and can never be started again.
  - One that was never started is removed, with its anonymous volumes.
  - One that was started is renamed to C(<app>-<12 first digits of its ID>), so that a whole one can
    be made beside it. It runs on, and is what a switch puts back.
  - A container that is whole, and one that is not of a release of ours, is left alone.
attributes:
  check_mode:
    description: Tells whether it would remove or rename the container.
    support: full
  diff_mode:
    description: Nothing is shown.
    support: none
  idempotent:
    description: A second run finds nothing to do.
    support: full
options:
  name:
    description: Name of the container.
    type: str
    required: true
  networks:
    description:
      - The networks that the container has to be in, as the option of that name of
        M(community.docker.docker_container) says it.
    type: list
    elements: dict
    default: []
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
seealso:
  - module: longshore.containers.staged_container
"""

EXAMPLES = r"""
- name: Clear away what was made only in part
  longshore.containers.half_made_container:
    name: shop-0f3a9c1b2d4e
    networks:
      - name: front
      - name: back
"""

RETURN = r""" # """

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import (
    DockerError,
    DockerSocket,
)
from ansible_collections.longshore.containers.plugins.module_utils._engine import Engine
from ansible_collections.longshore.containers.plugins.module_utils._switch_ready import (
    aside_name,
    gaps_of,
)

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "networks": {"type": "list", "elements": "dict", "default": []},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    engine = Engine(DockerSocket(module.params["socket"]))
    try:
        changed = clear_away(engine, module.params, dry=module.check_mode)
    except (DockerError, OSError) as exc:
        module.fail_json(msg=f"{module.params['name']} cannot be cleared away: {exc}")
    module.exit_json(changed=changed)


def clear_away(engine: Engine, params: dict, *, dry: bool = False) -> bool:
    """Remove or rename the container if it was made only in part; whether there was such a one."""
    found = engine.inspect(params["name"])
    if found is None or not found.is_ours or found.is_trial:
        return False
    if not gaps_of(engine, found, params["networks"]):
        return False
    if dry:
        return True
    if found.was_started:
        engine.rename(found, aside_name(found))
    else:
        engine.remove(found, volumes=True)
    return True


if __name__ == "__main__":
    main()
