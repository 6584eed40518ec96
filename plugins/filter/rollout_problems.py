# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the field `rollout` of an app."""

from __future__ import annotations

DOCUMENTATION = r"""
name: rollout_problems
short_description: List what is wrong with an app's rollout
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns one sentence per wrong value, which names its key.
options:
  _input:
    description: The field C(rollout) of an app.
    type: dict
    required: true
  hosts:
    description: How many hosts the app has.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Check
  ansible.builtin.assert:
    that: "{{ apps.shop.rollout | longshore.containers.rollout_problems(hosts=5) | length == 0 }}"
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils.rollout import rollout_problems


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"rollout_problems": rollout_problems}
