#!/usr/bin/python

# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide whether a rollout goes on with its next batch."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_gate
short_description: Decide whether a rollout goes on with its next batch
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Runs on the control node only, as the first task of a batch, and again where a host has failed.
  - Fails where too many hosts have failed or are away, and where a stop file is there. It then
    names the reason in RV(reason), and Ansible starts no further batch.
  - Between batches it waits first, for as long as O(pause) says. A stop file ends the wait.
attributes:
  check_mode:
    description: Decides as always, but does not wait.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
options:
  hosts:
    description: All hosts of the rollout, in the order in which they are switched.
    type: list
    elements: str
    required: true
  batch:
    description: The hosts of this batch.
    type: list
    elements: str
    required: true
  failed:
    description: The hosts that have failed so far, of all batches.
    type: list
    elements: str
    default: []
  away:
    description: The hosts that cannot be reached.
    type: list
    elements: str
    default: []
  unserved:
    description: The hosts that the registry does not serve for now.
    type: list
    elements: str
    default: []
  majority:
    description: Whether more than half of the hosts have to be there.
    type: bool
    default: true
  rollout:
    description:
      - The field C(rollout) of the app, of which C(failure_budget), C(max_fail_percentage),
        C(unreachable) and C(pause) are used.
    type: dict
    default: {}
  stop_file:
    description:
      - If this file is there, the rollout stops. Its content says why, V(canceled) or
        V(superseded).
    type: path
  pause:
    description: Whether to wait as O(rollout) says, unless this is the first batch.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: See whether the rollout goes on
  longshore.containers.rollout_gate:
    hosts: "{{ ansible_play_hosts_all }}"
    batch: "{{ ansible_play_batch }}"
    rollout: {failure_budget: 1, pause: 10m}
  run_once: true
"""

RETURN = r"""
batch:
  description: The hosts of this batch.
  returned: always
  type: list
  elements: str
reason:
  description:
    - Why no further batch starts, V(canceled), V(superseded), V(failure_budget),
      V(max_fail_percentage), V(unreachable) or V(registry_trouble).
  returned: failure
  type: str
why:
  description: The same as a sentence.
  returned: failure
  type: str
"""
