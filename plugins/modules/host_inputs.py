#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fix what each host of a release is given."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_inputs
short_description: Fix the login, the hooks and the secrecy of each host before any is asked
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Runs on the control node only, once for all hosts, and asks none of them.
  - Renders the variables C(docker_container_registry), C(docker_container_before_switch),
    C(docker_container_after_switch) and C(docker_container_no_log) of each host, as a task on that
    host would. Whatever the host returns later changes nothing of it.
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
options:
  hosts:
    description: The hosts.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Fix what each host is given
  longshore.containers.host_inputs:
    hosts: "{{ groups.web }}"
  register: inputs
  run_once: true
  no_log: true
"""

RETURN = r"""
given:
  description: C(registry), C(before_switch), C(after_switch) and C(no_log) by host.
  returned: success
  type: dict
hooked:
  description: Whether any of the hosts has a hook.
  returned: success
  type: bool
wrong:
  description: Why the variables of a host cannot be rendered, by host; it is not in RV(given) then.
  returned: success
  type: dict
"""
