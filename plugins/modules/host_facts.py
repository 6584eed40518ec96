#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a host what it is."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_facts
short_description: Ask a host what it is, and take no other facts
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Has M(ansible.builtin.setup) or M(ansible.builtin.package_facts) find facts on the host, and
    takes only those below. Whoever owns the host may return any others, of which Ansible would make
    variables.
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Reads only.
    support: none
  idempotent:
    description: Reads only.
    support: full
options:
  packages:
    description: List the installed packages, instead of distribution and processor.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask what the host is
  longshore.containers.host_facts:
"""

RETURN = r"""
ansible_facts:
  description: The facts.
  returned: success
  type: dict
  contains:
    ansible_architecture: {description: The processor., type: str}
    ansible_distribution: {description: The distribution., type: str}
    ansible_distribution_major_version: {description: Its major version., type: str}
    ansible_distribution_release: {description: The name of its release., type: str}
    ansible_distribution_version: {description: Its version., type: str}
    ansible_service_mgr: {description: What starts its services., type: str}
    packages: {description: "The names of the installed packages, as keys.", type: dict}
"""
