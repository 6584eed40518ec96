# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of the playbooks is to a host, by its action and the variables that it came with."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils import _host_steps
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    registry_cause,
)

SWITCH = "longshore.containers.container_switch"
REMOVAL = "longshore.containers.container_removal"
STATUS = "longshore.containers.container_status"
PREFLIGHT = "longshore.containers.container_preflight"
GATE = "longshore.containers.rollout_gate"
GIVE_UP = "longshore.containers.mark_unreachable"
SET_FACT = "ansible.builtin.set_fact"
INVENTORY = ("inventory_empty", "inventory_shrank")


def event_of(task) -> str:
    # With those of the includes that it came by.
    return task.get_vars().get("__docker_container_event", "")


def step_of(task) -> str:
    """Return which step of a host a task is of; an empty text for none."""
    action = task.resolved_action
    if action == PREFLIGHT:
        return _host_steps.PREFLIGHT
    event = event_of(task)
    if event == "stage":
        return _host_steps.STAGE
    if event == "hook":
        hook = task.get_vars().get("__docker_container_hook_name", "")
        is_before = hook == "docker_container_before_switch"
        return _host_steps.BEFORE_SWITCH if is_before else _host_steps.AFTER_SWITCH
    return _host_steps.SWITCH if action == SWITCH and event != "predict" else ""


def is_left_out(result) -> bool:
    # It has no problem to tell: it gives no answer, or the registry does not serve it for now.
    return "timedout" in result or bool(registry_cause(result.get("registry")))


def is_staged_again(result) -> bool:
    """Whether the role stages once more what was gone before the switch, and then tries again."""
    task = result.task
    is_first = task.resolved_action == SWITCH and event_of(task) == "first"
    return is_first and result.result.get("staged") is False


def is_switch(task) -> bool:
    # What a user does around the switch is a part of it.
    return task.resolved_action == SWITCH or task.get_vars().get("longshore_phase") == "switch"
