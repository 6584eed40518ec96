#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull an image by its digest, logging in for this pull alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pull
short_description: Pull an image by digest with credentials that are not stored on the host
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Pulls through the host's Docker daemon and hands it the credentials with the request, so that
    there is no C(docker login), no configuration file and nothing to remove afterwards, not even
    when the pull is cut off.
extends_documentation_fragment:
  - longshore.containers.login
attributes:
  check_mode:
    description: Tells whether it would pull. The registry is not asked.
    support: full
  diff_mode:
    description: There is nothing to compare but present and absent.
    support: none
  idempotent:
    description: An image that the host has is not pulled again.
    support: full
options:
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  digest:
    description: The digest to pull.
    type: str
    required: true
  platform:
    description: The platform to pull, such as V(linux/arm64). The daemon's own by default.
    type: str
  silence:
    description: Seconds without a word from the daemon after which the pull is given up.
    type: int
    default: 300
  registry_spread:
    description: Seconds over which hosts that run this at once spread their first question.
    type: float
    default: 0
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Bring a private image to the host
  longshore.containers.image_pull:
    image: ghcr.io/acme/shop
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    login:
      username: acme-bot
      password: "{{ vault_ghcr_token }}"
"""

RETURN = r"""
refused:
  description: Whether the registry has decided, so that trying again is of no use.
  returned: failure
  type: bool
registry:
  description:
    - Why the registry does not serve this host for now, V(unreachable), V(rate_limited) or
      V(failing); empty where something else is wrong. It was asked a few times, with pauses of
      random length.
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._image_pull import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["image_pull"], supports_check_mode=True))


if __name__ == "__main__":
    main()
