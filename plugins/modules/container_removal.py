#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take away all containers of an app."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_removal
short_description: Take away all containers of an app
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Stops and removes the container that runs for an app, and those that were kept for going back.
  - The images that only they used go too. Volumes stay, anonymous ones as well.
  - Only containers with all four C(longshore) labels of this app and a name as Longshore gives them
    are touched. Others that bear the label C(longshore.app) are named in RV(left).
attributes:
  check_mode:
    description: Tells what would be removed, and changes nothing.
    support: full
  diff_mode:
    description: There is no diff.
    support: none
  idempotent:
    description: Where there is nothing left of the app, nothing is changed.
    support: full
options:
  app:
    description: The app, as in the label C(longshore.app).
    type: str
    required: true
  stop_timeout:
    description: Seconds before a stopping container is killed. The container's own by default.
    type: int
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Take away an app that is not wanted any more
  longshore.containers.container_removal:
    app: shop
"""

RETURN = r"""
removed:
  description: Names of the containers that were removed.
  returned: success
  type: list
  elements: str
left:
  description: Names of containers that bear the label of the app and are not Longshore's.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._container_removal import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["container_removal"], supports_check_mode=True))


if __name__ == "__main__":
    main()
