#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a host as unreachable, although SSH lets one in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mark_unreachable
short_description: Take a host as unreachable, although SSH lets one in
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - For a host on which nothing ends, because its disk, its shell or its Docker hangs. From here on
    Ansible does with it what it does with a host that is away.
  - Runs on the control node only.
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
  msg:
    description: Why.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Look at the host
  block:
    - name: Ask it
      ansible.builtin.command: uptime
      changed_when: false
      register: asked
      timeout: 30
  rescue:
    - name: Take a host that gives no answer as away
      longshore.containers.mark_unreachable:
        msg: it gave no answer within 30 seconds
      when: asked.timedout is defined
"""

RETURN = r""" # """
