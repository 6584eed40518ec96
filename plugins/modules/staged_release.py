#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull an image and create a container of it without starting it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: staged_release
short_description: Pull an image by digest and create a container of it without starting it
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Does what M(longshore.containers.image_pull) and then M(longshore.containers.staged_container)
    do, in one task, so that each host costs the control node one task less.
  - Nothing that runs is touched.
attributes:
  check_mode:
    description: Tells whether it would pull or create. The registry is not asked.
    support: full
  diff_mode:
    description: What M(community.docker.docker_container) shows holds the environment.
    support: none
  idempotent:
    description: An image that the host has is not pulled, a container of this name left as it is.
    support: full
options:
  name:
    description: Name of the container.
    type: str
    required: true
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  digest:
    description: The digest of the image.
    type: str
    required: true
  login:
    description:
      - C(username) and C(password) at the image's registry. They go to the daemon with the pull and
        are stored nowhere.
      - By default the bridge's login counts, if it lends one, else what C(docker login) stored on
        the host.
    type: dict
  registry_spread:
    description: Seconds over which hosts that run this at once spread their first question.
    type: float
    default: 0
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
seealso:
  - module: longshore.containers.image_pull
  - module: longshore.containers.staged_container
"""

EXAMPLES = r"""
- name: Bring the next release to the host
  longshore.containers.staged_release:
    name: shop-2
    image: docker.io/acme/shop
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    options:
      published_ports: ["80:8080"]
"""

RETURN = r"""
refused:
  description: Whether the registry has decided, so that trying again is of no use.
  returned: where the pull failed
  type: bool
registry:
  description:
    - Why the registry does not serve this host for now, as M(longshore.containers.image_pull)
      tells it.
  returned: where the pull failed
  type: str
final:
  description: Whether trying again would give the same answer.
  returned: failure
  type: bool
unfit:
  description: Whether the image is built for another processor than the host has.
  returned: failure
  type: bool
warnings:
  description: What the daemon warns of, such as an image for another processor.
  returned: where there are any
  type: list
  elements: str
"""
