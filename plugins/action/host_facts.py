# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a host's known facts, and no other; documented with the module of this name."""

from __future__ import annotations

import re

from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text

ARGUMENTS = {"packages": {"type": "bool", "default": False}}
SETUP = {"gather_subset": ["!all", "!min", "distribution", "platform", "pkg_mgr", "service_mgr"]}
FACTS = (
    "architecture",
    "distribution",
    "distribution_major_version",
    "distribution_release",
    "distribution_version",
    "service_mgr",
)
MAX_PACKAGES = 20_000
# Debian policy 5.6.1 and what RPM allows besides; Ansible reads names such as __ansible_type.
PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:~-]{0,199}")


def known_facts(value):
    """Return the facts that the roles read, as texts, and packages by their names alone."""
    found = value if isinstance(value, dict) else {}
    facts = {name: text(found[name]) for name in _with_prefix(FACTS) if name in found}
    packages = found.get("packages")
    if isinstance(packages, dict):
        names = [name for name in list(packages)[:MAX_PACKAGES] if PACKAGE.fullmatch(str(name))]
        facts["packages"] = {str(name): [] for name in names}
    return facts


def _with_prefix(names):
    return [f"ansible_{name}" for name in names]


RETURNS = {"ansible_facts": known_facts}


class ActionModule(HostModule):
    """Runs the modules of ansible-core that find facts."""

    returns = RETURNS
    # Thousands of packages, each with its version and origin.
    largest = 16_000_000

    def ask(self, task_vars, *, module=None, arguments=None, program=None):
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        if order["packages"]:
            module, arguments = "ansible.builtin.package_facts", {"strategy": "first"}
        else:
            module, arguments = "ansible.builtin.setup", SETUP
        return super().ask(task_vars, module=module, arguments=arguments, program=program)
