#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Swap an app's running container for the staged one, or put the old one back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: container_switch
short_description: Swap an app's running container for a staged one, or put the old one back
version_added: 1.0.0
author: The Longshore developers (@longshore)
description:
  - Stops the container that runs for an app, starts the one that was created for a new release,
    and waits until it is healthy and stays so.
  - Or starts the new one first and stops the old one last (O(strategy)).
  - If the new container does not get there, the old container itself is started again, and the
    failed one's last log lines are returned.
  - It can also go back to a container that was kept (O(restore_container)), by starting that very
    one.
  - Healthy means that the image's C(HEALTHCHECK) and the probes (O(http), O(tcp)) say so, all that
    there are. Probes are made from the host, by this module.
  - Values of the container's environment that could be secrets are replaced by their variables'
    names in log lines, reason and warnings. What the image itself sets is taken to be public.
  - If the Docker daemon goes away meanwhile, the new container is tried once more. If the daemon
    goes away again, the old container is started and the outcome is V(failed) with an empty
    RV(health) and RV(log), for nothing is known about the image.
  - A container that is not there, or not in all the networks that it has to be in (O(networks)), is
    not switched to, and nothing is stopped for it (RV(staged)).
  - Everything is derived from the daemon (labels, names, running state). A run that is cut off at
    any point is completed or undone by the next one.
  - One switch of an app runs on a host at a time, and one app at a time unless O(share_host). A
    second one waits, and tells whom for.
  - Only containers with all four C(longshore) labels of this app and a name as O(name) says are
    ever touched. Others that bear the label C(longshore.app) are named in RV(reason).
attributes:
  check_mode:
    description: Predicts the outcome and changes nothing. The container need not be staged yet.
    support: full
  diff_mode:
    description: Shows container and digest before and after.
    support: full
  idempotent:
    description: A container that runs and is well is left alone.
    support: full
options:
  app:
    description: The app, as in the label C(longshore.app).
    type: str
    required: true
  name:
    description:
      - Name of the staged container, C(<app>-<12 hexadecimal digits>).
      - Required unless O(restore_container) is given.
    type: str
  digest:
    description: Digest of the image that the container must have been made from.
    type: str
    required: true
  restore_container:
    description:
      - ID of a container of this app that served before and was kept, as RV(previous) names it.
      - It is started in place of the one that runs, with the same health gate. If it is gone, or
        does not get healthy, nothing else is tried but to put back what ran.
    type: str
  keep:
    description: How many previous containers, and their images, are kept for going back.
    type: int
    default: 2
  protect:
    description: Digests whose containers and images are kept besides.
    type: list
    elements: str
    default: []
  stop_timeout:
    description: Seconds before a stopping container is killed. The container's own by default.
    type: int
  platform:
    description: Set if the image is meant for another processor than the host's.
    type: str
  networks:
    description:
      - The networks that the staged container has to be in, as the option of that name of
        M(community.docker.docker_container) says it, with aliases, links and addresses.
      - One that is not is never switched to. A container to go back to is not compared.
    type: list
    elements: dict
    default: []
  socket:
    description: Path of the Docker daemon's Unix socket.
    type: path
    default: /var/run/docker.sock
extends_documentation_fragment:
  - longshore.containers.health
  - longshore.containers.strategy
seealso:
  - module: community.docker.docker_container
    description: Creates the staged container.
"""

EXAMPLES = r"""
- name: Switch to the staged container
  longshore.containers.container_switch:
    app: shop
    name: shop-0f3a9c1b2d4e
    digest: sha256:3b1f0a6f0f5d0a4e8d7c6b5a49382716f5e4d3c2b1a0918273645566778899aa
    timeout: 60
    stable_for: 10
    http:
      url: http://127.0.0.1:80/health

- name: Go back to the container that ran before
  longshore.containers.container_switch:
    app: shop
    restore_container: "{{ switched.previous.container }}"
    digest: "{{ switched.previous.digest }}"
"""

RETURN = r"""
outcome:
  description: What happened on this host.
  returned: always
  type: str
  choices: [updated, unchanged, restored, failed]
reason:
  description: One sentence for people. On failure it names what to do next.
  returned: always
  type: str
digest:
  description: The digest that was asked for.
  returned: always
  type: str
container:
  description: The name of the container that was asked for.
  returned: always
  type: str
health:
  description:
    - How the container that was asked for was doing when last seen, V(healthy),
      V(not health-checked), V(unhealthy), V(starting), V(exited), or empty where it was not seen,
        or never ran because the daemon could not start it.
    - V(healthy) is said only where a C(HEALTHCHECK) or a probe found it so.
  returned: always
  type: str
log:
  description:
    - At most 50 last lines of the container that failed. If the old one cannot be put back either,
      the last lines of both.
  returned: always
  type: list
  elements: str
previous:
  description: The container that ran before, if another one did.
  returned: always
  type: dict
  contains: &container
    container: {description: "Its ID, as O(restore_container) takes it.", type: str}
    name: {description: Its name., type: str}
    digest: {description: Digest of the image that it was made from., type: str}
running:
  description: The container that runs now, if one does.
  returned: always
  type: dict
  contains: *container
daemon:
  description: ID of the host's Docker daemon, or empty if it does not answer.
  returned: always
  type: str
seconds:
  description: How long it took, without waiting for another switch of the app to end.
  returned: always
  type: float
parts:
  description:
    - When parts of the switch began and ended, in seconds since it began.
    - C(health) is the wait for the container that was asked for, C(way_back) what followed until
      the old one served again. A part that was not reached is missing.
  returned: always
  type: dict
  contains:
    health: {description: Two numbers., type: list, elements: float}
    way_back: {description: Two numbers., type: list, elements: float}
staged:
  description:
    - False where the container that was asked for is not on the host, or not whole. Nothing was
      stopped then, and it can be staged again.
  returned: always
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.longshore.containers.plugins.module_utils._arguments import SPECS
from ansible_collections.longshore.containers.plugins.module_utils._container_switch import run


def main() -> None:
    """Run the module."""
    run(AnsibleModule(**SPECS["container_switch"], supports_check_mode=True))


if __name__ == "__main__":
    main()
