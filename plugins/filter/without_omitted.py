# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options without those that are omitted."""

from __future__ import annotations

DOCUMENTATION = r"""
name: without_omitted
short_description: Leave out of options what is omitted
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Ansible leaves out an option of a task whose value is C(omit). This does the same inside of an
    option, at any depth, so that options that are kept in a variable may hold C(default(omit)).
options:
  _input:
    description: The options.
    type: dict
    required: true
  omit:
    description: Ansible's variable C(omit).
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Create the container without a limit of memory where none is set
  longshore.containers.staged_container:
    name: shop-2
    image: "docker.io/acme/shop@{{ digest }}"
    options: "{{ wanted | longshore.containers.without_omitted(omit=omit) }}"
  vars:
    wanted:
      memory: "{{ limit | default(omit) }}"
"""

RETURN = r"""
_value:
  description: The options.
  type: dict
"""


def without_omitted(value, omit):
    """Return mappings and lists, at any depth, without the elements that are `omit`.

    Options with a template that cannot be rendered are returned as they are: whatever uses that
    option names it, and not all of them.
    """
    try:
        return _kept(value, omit)
    except Exception:  # noqa: BLE001 -- whatever a user's template raises
        return value


def _kept(value, omit):
    if isinstance(value, dict):
        kept = ((key, each) for key, each in value.items() if each != omit)
        return {key: _kept(each, omit) for key, each in kept}
    if isinstance(value, list):
        return [_kept(each, omit) for each in value if each != omit]
    return value


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"without_omitted": without_omitted}
