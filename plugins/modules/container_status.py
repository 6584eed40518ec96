#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which of our containers a host has, and how they are doing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_status
short_description: List the containers that Longshore keeps on a host
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Lists the containers that a switch made (by their four C(longshore) labels and their names),
    with the digest that their image really has, as the daemon's C(RepoDigests) say.
  - Reads only.
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Reads only.
    support: none
  idempotent:
    description: Reads only.
    support: full
options:
  app:
    description: Only the containers of this app.
    type: str
  wanted_options:
    description:
      - Fingerprints of the options that the containers should have, as the filter
        P(longshore.containers.option_prints#filter) makes them. They stay on the control node.
    type: dict
    default: {}
  option_key:
    description: The key with which O(wanted_options) were made. It stays on the control node.
    type: str
  env_file:
    description: The file of variables on the host that the containers should be made with.
    type: str
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: See what runs
  longshore.containers.container_status:
    app: shop
"""

RETURN = r"""
containers:
  description: One entry per container, by app, the one that was started last first.
  returned: success
  type: list
  elements: dict
  contains:
    app: {description: The app., type: str}
    name: {description: Name of the container., type: str}
    id: {description: ID of the container., type: str}
    digest:
      description: Digest of its image, or empty if the image no longer bears the released one.
      type: str
    made_from: {description: Digest that it was created for., type: str}
    created_at: {description: "When it was made, RFC 3339 in UTC.", type: str}
    state: {description: "running, exited, created, paused or restarting.", type: str}
    health: {description: "healthy, unhealthy, starting, not health-checked or exited.", type: str}
    started_at: {description: "Last start, RFC 3339 in UTC, or empty.", type: str}
    released_at:
      description: When the controller made its release, RFC 3339 in UTC, or empty.
      type: str
    replaces:
      description: Digest that ran on the host when the container was made, or empty.
      type: str
    other_options:
      description:
        - Names of the options in which it differs from O(wanted_options).
        - V(null) where that cannot be told. It was made without fingerprints, or with another key.
      type: list
      elements: str
daemon:
  description: ID of the Docker daemon, by which two names of one host can be told to be one.
  returned: success
  type: str
env_file:
  description: Digits that tell the content of O(env_file) from any other, or empty.
  returned: success
  type: str
architecture:
  description: The daemon's processor, as images name it.
  returned: success
  type: str
  sample: amd64
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._container_status import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["container_status"], supports_check_mode=True))


if __name__ == "__main__":
    main()
