# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that say how a container gives way to another."""

from __future__ import annotations


class ModuleDocFragment:
    """See https://docs.ansible.com/ansible/latest/dev_guide/developing_modules_documenting.html."""

    DOCUMENTATION = r"""
options:
  strategy:
    description:
      - With V(stop_first) the old container is stopped before the new one is started.
      - With V(start_first) the new one is started beside the old one, which is stopped when the new
        one has proved itself. If it does not, the old one was never stopped. This is refused for a
        container that publishes a fixed host port or uses the host's network, and for a probe
        that names another host than V(container).
      - A container to go back to (O(restore_container)) that cannot run beside another is switched
        to with V(stop_first) all the same.
    type: str
    choices: [stop_first, start_first]
    default: stop_first
  drain:
    description:
      - Seconds between the proof of the new container and the stop of the old one, with
        V(start_first).
    type: float
    default: 0
  retire:
    description:
      - Whether the old container is stopped in the end, with V(start_first).
      - If V(false), a second call stops it. What a proxy has to be told can be told in between.
    type: bool
    default: true
  share_host:
    description:
      - Whether another app may be switched on this host at the same time, if it allows that too.
    type: bool
    default: false
"""
