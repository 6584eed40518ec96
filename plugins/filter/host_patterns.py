# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts for the keyword hosts of a play."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_patterns
short_description: Write names of hosts as patterns
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns a pattern for each name of a host, which matches this host alone, whatever characters
    its name has, for the keyword C(hosts) of a play.
options:
  _input:
    description: Names of hosts in the inventory.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Do something on two hosts, of which one has a blank in its name
  hosts: "{{ ['web1', 'web 2'] | longshore.containers.host_patterns }}"
"""

RETURN = r"""
_value:
  description: A pattern for each name, in the same order.
  type: list
  elements: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._host_patterns import (
    host_patterns,
)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"host_patterns": host_patterns}
