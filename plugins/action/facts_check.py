# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse facts that would decide; documented with the module of this name."""

from __future__ import annotations

import re

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text

ARGUMENTS = {"hosts": {"type": "list", "elements": "str", "required": True}}
DECIDING = re.compile("app|apps|registries|(__)?(docker_container|docker_host|longshore)_.*")
MAX_SHOWN = 5


class ActionModule(ActionBase):
    """Looks at facts that Ansible has already, and asks no host."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        if constants.config.get_config_value("INJECT_FACTS_AS_VARS"):
            hostvars = task_vars["hostvars"]
            _refuse({host: hostvars[host].get("ansible_facts") or {} for host in order["hosts"]})
        return result


def _refuse(facts):
    found = {host: deciding(each) for host, each in facts.items()}
    named = [f"{host}: {', '.join(names)}" for host, names in found.items() if names]
    if named:
        raise AnsibleActionFail(
            f"Facts have the names of variables that decide ({'; '.join(named[:MAX_SHOWN])}), and "
            "Ansible would believe the hosts. Set inject_facts_as_vars = False in the section "
            "[defaults] of ansible.cfg, or empty the fact cache: ansible-playbook --flush-cache"
        )


def deciding(facts):
    """Return the names of facts that are also variables of this collection."""
    names = sorted(str(name) for name in facts if DECIDING.fullmatch(str(name)))
    return [text(name) for name in names[:MAX_SHOWN]]
