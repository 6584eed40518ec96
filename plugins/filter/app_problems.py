# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an app's entry in the variable `apps`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: app_problems
short_description: List what is wrong with an app
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns one sentence per mistake in an app's entry, such as a key that nobody reads or a value
    that is not allowed. Each begins with the path of the key, such as C(apps.shop.rollout.serial).
  - The command C(longshore check) refuses the same entries in the same words.
options:
  _input:
    description: An app's entry in the variable C(apps).
    type: dict
    required: true
  app:
    description: The name of the app, its key in C(apps).
    type: str
    required: true
  hosts:
    description: How many hosts the app has; V(0) if that is not known.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Check
  ansible.builtin.assert:
    that: "{{ apps.shop | longshore.containers.app_problems(app='shop', hosts=5) | length == 0 }}"
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._app_entry import app_problems


def problems(entry, *, app, hosts=0):
    """Return all that is wrong; see DOCUMENTATION."""
    return [str(problem) for problem in app_problems(app, entry, hosts=hosts)]


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"app_problems": problems}
