#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse facts of hosts that would decide."""

from __future__ import annotations

DOCUMENTATION = r"""
module: facts_check
short_description: Refuse facts of hosts that would decide
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Ansible makes variables of facts, unless C(inject_facts_as_vars) is off, and they are stronger
    than those of the inventory. A fact with the name of a variable that is there without it, such
    as C(inventory_hostname), or of one of this collection, is what an attacker on the host would
    return, or what an earlier playbook left in the fact cache.
  - Fails where any host of the inventory has one. Runs on the control node only.
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
"""

EXAMPLES = r"""
- name: Refuse facts that would decide
  longshore.containers.facts_check:
  run_once: true
"""

RETURN = r""" # """
