#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a container without starting it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: staged_container
short_description: Create a container without starting it
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Has M(community.docker.docker_container) pull an image and create a container from it.
  - Takes of its result only the keys below. Whoever owns the host writes that result, and Ansible
    would make variables of some of its keys.
  - Values of C(env) that look like secrets are taken out of the messages.
attributes:
  check_mode:
    description: Tells whether it would create or remove the container.
    support: full
  diff_mode:
    description: What M(community.docker.docker_container) shows holds the environment.
    support: none
  idempotent:
    description: A container of this name is left as it is.
    support: full
options:
  name:
    description: Name of the container.
    type: str
    required: true
  image:
    description: The image, with its digest. Required for O(state=present).
    type: str
  labels:
    description: Labels of the container.
    type: dict
    default: {}
  options:
    description: Further options of M(community.docker.docker_container).
    type: dict
    default: {}
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
  state:
    description: Whether the container shall be there.
    type: str
    choices: [absent, present]
    default: present
"""

EXAMPLES = r"""
- name: Create the next container
  longshore.containers.staged_container:
    name: shop-2
    image: "docker.io/acme/shop@{{ digest }}"
    options:
      published_ports: ["80:8080"]
"""

RETURN = r"""
warnings:
  description: What the daemon warns of, such as an image for another processor.
  returned: where there are any
  type: list
  elements: str
"""
