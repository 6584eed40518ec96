#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve a tag to the digest that it stands for now."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_digest
short_description: Resolve an image's tag to its digest through a host's Docker daemon
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Asks the registry, through the daemon of a host, which digest a tag stands for.
  - Nothing is pulled, unless the image is on Docker Hub and the daemon asks mirrors first, of which
    none has it. Only a pull goes on to the next registry then, so the tag is pulled; not in check
    mode.
extends_documentation_fragment:
  - longshore.containers.login
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
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  tag:
    description: The tag.
    type: str
    default: latest
  registry_timeout:
    description: Seconds in which the registry must have answered.
    type: int
    default: 20
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: Resolve the tag once for all hosts
  longshore.containers.image_digest:
    image: docker.io/acme/shop
    tag: latest
  run_once: true
  register: release
"""

RETURN = r"""
digest:
  description: The digest.
  returned: success
  type: str
  sample: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._image_digest import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["image_digest"], supports_check_mode=True))


if __name__ == "__main__":
    main()
