# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the release that the role docker_container is given."""

from __future__ import annotations

DOCUMENTATION = r"""
name: release_problems
short_description: List what is wrong with a release
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Returns one sentence per mistake in what names a container, its image and its options. Of the
    options only their names are looked at, and no value is shown.
options:
  _input:
    description: The release.
    type: dict
    required: true
    suboptions:
      name:
        description: The name of the app.
        type: str
        required: true
      image:
        description: Registry and repository of the image.
        type: str
        required: true
      digest:
        description: Its digest; may be empty.
        type: str
        required: true
      options:
        description: Options of M(community.docker.docker_container).
        type: dict
        required: true
      registry:
        description: The login at the image's registry, C(username) and C(password); may be empty.
        type: dict
        required: true
"""

EXAMPLES = r"""
- name: Check
  ansible.builtin.assert:
    that: >-
      {{ {'name': 'shop', 'image': 'docker.io/acme/shop', 'digest': '', 'options': {},
          'registry': {}} | longshore.containers.release_problems | length == 0 }}
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

import re

from ansible_collections.longshore.containers.plugins.module_utils._image_name import read_image
from ansible_collections.longshore.containers.plugins.plugin_utils._governed_options import (
    governed_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import DIGEST
from ansible_collections.longshore.containers.plugins.plugin_utils._sentences import (
    MUST_BE_TABLE,
    as_check,
)

# Wider than the name of an app: whoever uses the role alone names a container.
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")


def release_problems(release):
    """Return all that is wrong; see DOCUMENTATION."""
    checks = (
        ("docker_container_name", _name(release["name"])),
        ("docker_container_image", as_check(read_image)(release["image"])),
        ("docker_container_digest", _digest(release["digest"])),
        ("docker_container_options", _options(release["options"])),
    )
    login = _login(release["registry"])
    return [*(f"{option}: {said}" for option, said in checks if said), *([login] if login else [])]


def _name(name):
    is_name = isinstance(name, str) and _NAME.fullmatch(name)
    return "" if is_name else "must be lower-case letters, digits and _ . -"


def _digest(digest):
    is_digest = isinstance(digest, str) and (not digest or re.fullmatch(DIGEST, digest))
    said = "must be sha256: and 64 lower-case hexadecimal digits, or left out to resolve the tag"
    return "" if is_digest else said


def _options(options):
    return governed_problem(options) if isinstance(options, dict) else MUST_BE_TABLE


def _login(login):
    # Says nothing of what is there: it may be the password.
    is_whole = isinstance(login, dict) and (not login or set(login) == {"username", "password"})
    if is_whole and all(isinstance(value, str) and value for value in login.values()):
        return ""
    return (
        "docker_container_registry (for an app: the entry of its registry in the variable "
        "registries) must have username and password, both text that is not empty, or be left out"
    )


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self):
        return {"release_problems": release_problems}
