# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say when a container counts as working."""

from __future__ import annotations


class ModuleDocFragment:
    """See https://docs.ansible.com/ansible/latest/dev_guide/developing_modules_documenting.html."""

    DOCUMENTATION = r"""
options:
  timeout:
    description: Seconds that a container has to get healthy.
    type: float
    default: 60
  stable_for:
    description:
      - Seconds that it must then run without exit or restart, and stay healthy if it has a
        health check.
    type: float
    default: 10
  start_period:
    description:
      - Seconds after the start in which an unhealthy container is only waited for. One that exits
        or restarts fails at once all the same.
      - It is a part of O(timeout).
    type: float
    default: 0
  interval:
    description: Seconds between two probes (O(http), O(tcp)).
    type: float
    default: 1
  successes:
    description:
      - How many times in a row a probe, or a C(HEALTHCHECK), must succeed to count as healthy.
      - A C(HEALTHCHECK) runs at its own interval. One that has not had its say when O(timeout) is
        over is waited for, up to 300 seconds after the start. One that may be later than that and
        than O(timeout) is refused before anything is stopped.
    type: int
    default: 1
  http:
    description:
      - An HTTP probe. Redirects are not followed, certificates are not checked.
      - A container that was healthy may fail twice in a row, not three times.
    type: dict
    suboptions:
      url:
        description:
          - Where to ask, as seen from the host, such as V(http://127.0.0.1:80/health).
          - The host name V(container) stands for the container's own address, in the first of its
            networks by name.
        type: str
        required: true
      status:
        description: The status codes that count as a success.
        type: list
        elements: int
        default: [200]
      headers:
        description:
          - Headers of the request, such as C(Host) for a server that answers to some names only.
          - Nothing secret; they are shown where the options are.
        type: dict
  tcp:
    description: A TCP probe, V(HOST:PORT), which succeeds if the port accepts a connection.
    type: str
"""
