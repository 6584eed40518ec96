# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a container by community.docker.docker_container; documented with this name's module."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import secrets_in

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "image": {"type": "str"},
    "labels": {"type": "dict", "default": {}},
    "options": {"type": "dict", "default": {}},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
}


class ActionModule(HostModule):
    """Takes of docker_container's result whether something changed, and its messages."""

    def ask(self, task_vars, *, module=None, arguments=None):
        _spec, order = self.validate_argument_spec(
            ARGUMENTS, required_if=[("state", "present", ["image"])]
        )
        return super().ask(
            task_vars, module="community.docker.docker_container", arguments=_arguments(order)
        )

    def secrets(self):
        options = self._task.args.get("options")
        environment = options.get("env") if isinstance(options, dict) else {}
        return secrets_in({}, environment)


def _arguments(order):
    which = {"name": order["name"], "docker_host": f"unix://{order['socket']}"}
    if order["state"] == "absent":
        return {**which, "state": "absent"}
    return {
        **order["options"],
        **which,
        "image": order["image"],
        "labels": order["labels"],
        "state": "present",
        # Whatever bears this name was made from the same digest and options, and comparing could
        # replace a container that runs.
        "comparisons": {"*": "ignore"},
    }
