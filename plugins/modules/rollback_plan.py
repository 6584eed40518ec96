#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide what an app goes back to."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback_plan
short_description: Decide to which release an app goes back
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Runs on the control node only, after M(longshore.containers.container_status) has registered on
    every host, as C(longshore_seen), what it keeps of the app.
  - Without O(digest), finds the release before the one that runs on more than half of the hosts
    that answered. More than half have to say that they ran it before, or run it still. If some
    hosts run a newer release, as after a rollout that was halted, only those go back, to what all
    others run. The order of releases is taken from the labels of their containers.
  - No single host decides. Fails, with what each host says, if there is no such release, if half of
    the hosts or fewer agree, or if more than half gave no answer.
  - Warns of hosts that say something else, and when only some of the hosts go back.
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
    description: The hosts of the app.
    type: list
    elements: str
    required: true
  digest:
    description: The digest to go back to, if it is known.
    type: str
    default: ""
seealso:
  - module: longshore.containers.container_status
"""

EXAMPLES = r"""
- name: Find the release before
  longshore.containers.rollback_plan:
    hosts: "{{ groups.web }}"
  run_once: true
  register: back
"""

RETURN = r"""
digest:
  description: The digest to go back to.
  returned: success
  type: str
containers:
  description: ID of the kept container of this digest, by host, where there is one.
  returned: success
  type: dict
released_at:
  description:
    - When the release of this digest was made, as more than half of the hosts say, or empty.
    - If too few keep it, a moment before the release that they leave for it.
  returned: success
  type: str
"""
