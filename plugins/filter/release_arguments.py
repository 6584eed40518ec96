# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role docker_container asks its modules for."""

from __future__ import annotations

DOCUMENTATION = r"""
name: release_arguments
short_description: Make the arguments of a module of the role docker_container
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns the arguments of a module for one release on one host, from the variables of the role
    C(docker_container). For the role itself.
positional: module
options:
  _input:
    description: The role's variables, without their prefix, and what the host's pre-flight told.
    type: dict
    required: true
  module:
    description: The module.
    type: str
    required: true
    choices: [container_preflight, container_switch, staged_release]
"""

EXAMPLES = r"""
- name: Switch to the staged container
  longshore.containers.container_switch:
  module_defaults:
    longshore.containers.container_switch: >-
      {{ release | longshore.containers.release_arguments('container_switch') }}
"""

RETURN = r"""
_value:
  description: The arguments.
  type: dict
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._release_arguments import (
    preflight_arguments,
    staging_arguments,
    switch_arguments,
)

MAKERS = {
    "container_preflight": preflight_arguments,
    "container_switch": switch_arguments,
    "staged_release": staging_arguments,
}


def release_arguments(release, module):
    """Return the arguments of a module; see DOCUMENTATION."""
    return MAKERS[module](release)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"release_arguments": release_arguments}
