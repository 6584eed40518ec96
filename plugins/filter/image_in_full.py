# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of an image with its registry."""

from __future__ import annotations

DOCUMENTATION = r"""
name: image_in_full
short_description: Write out the name of an image
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns registry and repository of an image, as C(docker pull) reads the name. C(nginx) is
    short for C(docker.io/library/nginx).
  - What is no name of an image, or holds a tag or digest, is returned as it is.
options:
  _input:
    description: The name of an image.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show docker.io/acme/shop
  ansible.builtin.debug:
    msg: "{{ 'acme/shop' | longshore.containers.image_in_full }}"
"""

RETURN = r"""
_value:
  description: The name in full.
  type: str
"""

from ansible_collections.longshore.containers.plugins.plugin_utils._image_name import image_in_full


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"image_in_full": image_in_full}
