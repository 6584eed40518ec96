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
from ansible_collections.longshore.containers.plugins.plugin_utils._shared_filters import (
    load_filters,
)

# The first task of every playbook, and of the role.
load_filters()

OURS = re.compile("app|apps|registries|(__)?(docker_container|docker_host|longshore)_.*")
# What a template calls by name: Jinja's globals and Ansible's.
CALLED = frozenset(
    (
        "cycler",
        "dict",
        "joiner",
        "lipsum",
        "lookup",
        "namespace",
        "now",
        "omit",
        "q",
        "query",
        "range",
        "undef",
        "vars",
    )
)
# Ansible itself takes these from facts, whatever else there is.
FROM_FACTS = frozenset(("ansible_facts", "ansible_local"))
MAX_SHOWN = 5


class ActionModule(ActionBase):
    """Looks at facts that Ansible has already, and asks no host."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        if constants.config.get_config_value("INJECT_FACTS_AS_VARS"):
            _refuse(_forged(task_vars["hostvars"]))
        return result


class _NoFacts:
    """Stands in for the cache of facts."""

    def get(self, host):
        return {}


def _forged(hostvars):
    """Return the names of facts that are variables without them too, by host.

    Of all hosts: which of them a task is for is a variable itself, `inventory_hostname`.
    """
    facts = {name: _facts_of(hostvars, name) for name in hostvars}
    # Nothing public tells variables and facts apart. This process is a fork for this task alone.
    manager = hostvars._variable_manager  # noqa: SLF001 -- see above
    manager._fact_cache = _NoFacts()  # noqa: SLF001 -- the same
    # What was set by set_fact is stronger than facts, and may be kept as one (cacheable).
    manager._nonpersistent_fact_cache = {}  # noqa: SLF001 -- the same
    return {name: deciding(found, _known(hostvars, name)) for name, found in facts.items() if found}


def _facts_of(hostvars, name):
    if not hostvars[name].get("ansible_facts"):
        return {}
    return hostvars._variable_manager._fact_cache.get(name)  # noqa: SLF001 -- see _forged


def _known(hostvars, name):
    manager, inventory = hostvars._variable_manager, hostvars._inventory  # noqa: SLF001 -- the same
    return manager.get_vars(host=inventory.get_host(name), include_hostvars=False)


def deciding(facts, known):
    """Return the names of facts that are also variables, in `known` or of this collection."""
    names = sorted(str(name) for name in facts if name not in FROM_FACTS)
    taken = [n for n in names if n in known or n in CALLED or OURS.fullmatch(n)]
    return [text(name) for name in taken[:MAX_SHOWN]]


def _refuse(found):
    named = [f"{host}: {', '.join(names)}" for host, names in found.items() if names]
    if named:
        raise AnsibleActionFail(
            f"Facts have the names of variables ({'; '.join(named[:MAX_SHOWN])}), and "
            "Ansible would believe the hosts. Set inject_facts_as_vars = False in the section "
            "[defaults] of ansible.cfg, or empty the fact cache: ansible-playbook --flush-cache"
        )
