# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of an app that nobody reads."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_keys
short_description: List the keys of an app that nobody reads
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns one sentence per key that is unknown in the app, in its C(health) or in its C(rollout).
options:
  _input:
    description: An app's entry in the variable C(apps).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check
  ansible.builtin.assert:
    that: "{{ apps.shop | longshore.containers.unknown_keys | length == 0 }}"
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils.app_keys import unknown_keys


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"unknown_keys": unknown_keys}
