# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fix what each host is given; documented with the module of this name."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
}
# By their keys in what is returned: the role's variables, and what counts where there is none.
INPUTS = {
    "registry": ("docker_container_registry", {}),
    "before_switch": ("docker_container_before_switch", ""),
    "after_switch": ("docker_container_after_switch", ""),
    "no_log": ("docker_container_no_log", True),
}
# What a variable of the inventory may name that is no variable of its host. Not what else the task
# has: that is of another host.
OF_THE_RELEASE = (
    "app",
    "docker_container_digest",
    "docker_container_image",
    "docker_container_name",
    "docker_container_registry",
    "docker_container_tag",
)
OF_THE_RUN = (
    "ansible_check_mode",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "environment",
    "groups",
    "hostvars",
    "omit",
    "playbook_dir",
)


class ActionModule(ActionBase):
    """Renders variables of many hosts in one process, and asks no host."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        given, wrong = {}, {}
        for host in order["hosts"]:
            try:
                given[host] = self._inputs(host, task_vars)
            except AnsibleError as exc:
                wrong[host] = _unrendered(host, exc)
        hooked = any(each["before_switch"] or each["after_switch"] for each in given.values())
        return {**result, "given": given, "wrong": wrong, "hooked": hooked}

    def _inputs(self, host, task_vars):
        """Return what is given to a host, each rendered as a task on that host would render it."""
        shared = {key: task_vars[key] for key in OF_THE_RELEASE + OF_THE_RUN if key in task_vars}
        variables = {**task_vars["hostvars"].raw_get(host), **shared}
        templar = self._templar.copy_with_new_env(available_variables=variables)
        # One that cannot be rendered is an error, and not one that is absent.
        return {
            key: templar.template(variables[name]) if name in variables else default
            for key, (name, default) in INPUTS.items()
        }


def _unrendered(host, error):
    # The reason names a variable, and holds no value.
    return (
        "The login (registries) or the hooks (docker_container_before_switch, "
        f"docker_container_after_switch) of {host} cannot be rendered: {error}"
    )
