# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a release could not be staged."""

from __future__ import annotations

DOCUMENTATION = r"""
name: staging_reason
short_description: Say why a release could not be staged, and what helps
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns the words of whatever failed, with what helps, if anything is known to help.
options:
  _input:
    description:
      - The result of M(longshore.containers.image_pull) or
        M(longshore.containers.staged_container).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say why
  ansible.builtin.fail:
    msg: "{{ staged | longshore.containers.staging_reason }}"
"""

RETURN = r"""
_value:
  description: The reason.
  type: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._failure import staging_reason


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"staging_reason": staging_reason}
