# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The label that tells which options a container was made with, and no value of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: option_label
short_description: Make the label that tells which options a container has
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns the label C(longshore.options), with a fingerprint of each option, for a container that
    is to be made.
  - Without a key it returns no label.
positional: key, content
options:
  _input:
    description: Options of C(community.docker.docker_container).
    type: dict
    required: true
  key:
    description: A secret of the control node. No host may get it.
    type: str
    required: true
  content:
    description: What the host tells of the content of its C(env_file), as pre-flight returns it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the label
  ansible.builtin.debug:
    msg: "{{ {'env': {'LOG_LEVEL': 'info'}} | longshore.containers.option_label('a secret') }}"
"""

RETURN = r"""
_value:
  description: The label and its value, or nothing.
  type: dict
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import (
    option_label,
)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"option_label": option_label}
