# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login for the registry of an image."""

from __future__ import annotations

DOCUMENTATION = r"""
name: registry_login
short_description: Find the login for an image
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns the entry for the registry of an image, or an empty dictionary. A key may go on with the
    beginning of a repository's path, as C(ghcr.io/acme); the longest that the image begins with
    counts.
  - A registry is known by any of its names, so that C(docker.io), C(index.docker.io) and
    C(https://index.docker.io/v1/) are one, and so are the forms of one IPv6 address.
options:
  _input:
    description: Logins by registry.
    type: dict
    required: true
  image:
    description: The name of the image.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show who pulls
  ansible.builtin.debug:
    msg: "{{ registries | longshore.containers.registry_login('docker.io/acme/shop') }}"
"""

RETURN = r"""
_value:
  description: The entry.
  type: dict
"""

from ansible.errors import AnsibleFilterError
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import login_for


def registry_login(logins, image):
    """Return the login for an image; see DOCUMENTATION."""
    try:
        return login_for(logins, image)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"registry_login": registry_login}
