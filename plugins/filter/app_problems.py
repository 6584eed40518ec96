# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an app's keys and with its field `rollout`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: app_problems
short_description: List what is wrong with an app
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns one sentence per key that nobody reads, in the app, in its C(health) or in its
    C(rollout), and one per wrong value of C(rollout). Each begins with the key.
options:
  _input:
    description: An app's entry in the variable C(apps).
    type: dict
    required: true
  rollout:
    description: The C(rollout) that counts for the run.
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
    that: >-
      {{ apps.shop | longshore.containers.app_problems(rollout=apps.shop.rollout, hosts=5)
         | length == 0 }}
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._app_keys import unknown_keys
from ansible_collections.longshore.containers.plugins.plugin_utils._rollout import rollout_problems


def app_problems(entry, *, rollout, hosts):
    """Return all that is wrong; see DOCUMENTATION."""
    return [*unknown_keys(entry), *rollout_problems(rollout, hosts=hosts)]


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"app_problems": app_problems}
