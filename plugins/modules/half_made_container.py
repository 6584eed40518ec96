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
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._half_made_container import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["half_made_container"], supports_check_mode=True))


if __name__ == "__main__":
    main()
