# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of a container's options."""

from __future__ import annotations

DOCUMENTATION = r"""
name: option_prints
short_description: Make a fingerprint of each option of a container
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns for each option a fingerprint, from which its value cannot be guessed without the key.
    Each variable of C(env) and each label counts as an option.
  - Without a key it returns nothing.
positional: key
options:
  _input:
    description: Options of C(community.docker.docker_container).
    type: dict
    required: true
  key:
    description: A secret of the control node. No host may get it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show which options there are, and no value
  ansible.builtin.debug:
    msg: "{{ {'env': {'LOG_LEVEL': 'info'}} | longshore.containers.option_prints('a secret') }}"
"""

RETURN = r"""
_value:
  description: Fingerprints by the name of the option, such as C(env LOG_LEVEL).
  type: dict
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import (
    option_prints,
)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"option_prints": option_prints}
