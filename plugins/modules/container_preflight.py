#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look whether a host can take a release, changing nothing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_preflight
short_description: Look whether a host can take a release
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Looks for everything at once that would keep a release from running on a host. That Docker
    answers, that the registry lets this host have the image, that the image has a platform of this
    host and finds room, that named volumes and networks are there, and that nobody else holds a
    port that the container publishes.
  - Looks besides for what a daemon asks for only when it starts a container. Devices, files that
    are mounted, containers whose network, IPC or processes are shared, fixed addresses, runtime,
    C(init), GPUs, log driver and seccomp profile.
  - The same is looked for on behalf of the container that runs, where it is to be stopped first.
    That it could not be started again is a problem, too.
  - An image that the host has already is not asked for at the registry.
  - Warns of data that the app's container keeps in a volume without a name, which whatever replaces
    it does not get.
  - Fails if there is any problem, with all of them in RV(problems).
  - A registry that does not serve this host for now, while nothing else is wrong, is named in
    RV(registry) and is no problem of the host.
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
  app:
    description: The app, whose own containers may hold the ports.
    type: str
    required: true
  image:
    description: Registry and repository, without tag.
    type: str
    required: true
  digest:
    description: The digest that shall run.
    type: str
    required: true
  restore_container:
    description:
      - ID of a container of this app that was kept. If it is there, it only has to be fit to be
        started.
      - If it is gone, O(digest) has to be had.
    type: str
  name:
    description:
      - Name of the container that is to run. If it runs already, nothing has to be started.
    type: str
    default: ""
  strategy:
    description: Whether the container that runs is stopped before the new one is started, or after.
    type: str
    choices: [stop_first, start_first]
    default: stop_first
  options:
    description:
      - The container's options, as far as they name things that the host has to have or to be free
        of.
    type: dict
    default: {}
  image_bytes:
    description: Size of the image's compressed layers, if it is known.
    type: int
    default: 0
  platforms:
    description: Platforms of the image, such as V(linux/arm64). The registry is asked by default.
    type: list
    elements: str
    default: []
  registry_timeout:
    description: Seconds in which the registry must have answered.
    type: int
    default: 20
  registry_spread:
    description: Seconds over which hosts that run this at once spread their first question.
    type: float
    default: 0
  switch:
    description:
      - What M(longshore.containers.container_switch) is going to be asked for, by the names of its
        options. With it a host tells in RV(unchanged) that it has nothing to do.
      - Not looked at where O(options) has C(env_file), for the container's name tells what is in
        it.
    type: dict
    suboptions:
      app:
        description: The option C(app) of that module.
        type: str
        required: true
      name:
        description: The option C(name) of that module.
        type: str
      digest:
        description: The option C(digest) of that module.
        type: str
        required: true
      restore_container:
        description: The option C(restore_container) of that module.
        type: str
      timeout:
        description: The option C(timeout) of that module.
        type: float
        default: 60
      stable_for:
        description: The option C(stable_for) of that module.
        type: float
        default: 10
      start_period:
        description: The option C(start_period) of that module.
        type: float
        default: 0
      interval:
        description: The option C(interval) of that module.
        type: float
        default: 1
      successes:
        description: The option C(successes) of that module.
        type: int
        default: 1
      http:
        description: The option C(http) of that module.
        type: dict
        suboptions:
          url:
            description: The option C(url) of that module.
            type: str
            required: true
          status:
            description: The option C(status) of that module.
            type: list
            elements: int
            default: [200]
          headers:
            description: The option C(headers) of that module.
            type: dict
      tcp:
        description: The option C(tcp) of that module.
        type: str
      strategy:
        description: The option C(strategy) of that module.
        type: str
        choices: [stop_first, start_first]
        default: stop_first
      drain:
        description: The option C(drain) of that module.
        type: float
        default: 0
      retire:
        description: The option C(retire) of that module.
        type: bool
        default: true
      share_host:
        description: The option C(share_host) of that module.
        type: bool
        default: false
      keep:
        description: The option C(keep) of that module.
        type: int
        default: 2
      protect:
        description: The option C(protect) of that module.
        type: list
        elements: str
        default: []
      stop_timeout:
        description: The option C(stop_timeout) of that module.
        type: int
      platform:
        description: The option C(platform) of that module.
        type: str
      networks:
        description: The option C(networks) of that module.
        type: list
        elements: dict
        default: []
      socket:
        description: The option C(socket) of that module.
        type: str
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
"""

EXAMPLES = r"""
- name: See whether the host can take the release
  longshore.containers.container_preflight:
    app: shop
    image: docker.io/acme/shop
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    options:
      published_ports: ["80:8080"]
      volumes: ["data:/data"]
"""

RETURN = r"""
kept:
  description: Whether the container O(restore_container) is there.
  returned: success
  type: bool
problems:
  description: One sentence for each problem, with what to do.
  returned: always
  type: list
  elements: str
env_file:
  description: Hexadecimal digits that change with the content of C(env_file), or empty.
  returned: success
  type: str
replaces:
  description: The digest of the app that runs, or ran last, before O(digest), or empty.
  returned: success
  type: str
unchanged:
  description:
    - What M(longshore.containers.container_switch) would return where O(switch) would change
      nothing on this host. The container runs, whole and healthy, and nothing is left to tidy up.
      Else empty.
  returned: success
  type: dict
registry:
  description:
    - Why the registry does not serve this host for now, V(unreachable), V(rate_limited) or
      V(failing), where that alone is in the way. RV(ignore:msg) says it to people.
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._container_preflight import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["container_preflight"], supports_check_mode=True))


if __name__ == "__main__":
    main()
