# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a container by community.docker.docker_container; documented with this name's module."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.action.image_pull import pull_result
from ansible_collections.longshore.containers.plugins.module_utils._container_networks import (
    network_gaps,
    unlike_options,
)
from ansible_collections.longshore.containers.plugins.module_utils._host_needs import (
    asked_networks,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_payload import (
    started_by_us,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    HostProgram,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_python import (
    sent_short_then_whole,
    takes_programs,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import secrets_in
from ansible_collections.longshore.containers.plugins.plugin_utils._kept_payload import (
    KeptPayload,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._made_container import MADE

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "image": {"type": "str"},
    "labels": {"type": "dict", "default": {}},
    "options": {"type": "dict", "default": {}},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
}


RETURNS = {**MADE, "pulled": pull_result}
CREATE = "community.docker.docker_container"
CREATES = KeptPayload(CREATE)
CLEAR_AWAY = "longshore.containers.half_made_container"
CLEARS_AWAY = HostProgram("half_made_container")
ATTEMPTS = 2


class NotOurStartError(Exception):
    """Ansible built something that cannot be started by us; nothing was sent."""


class ActionModule(HostModule):
    """Takes of docker_container's result whether something changed, and its messages.

    The container is whole in the end, or away: one that was made only in part, now or by a run that
    was cut off, is cleared away and made anew.

    With `pull`, an order for image_pull, the same process on the host pulls the image first; its
    result is `pulled`. Raises NotOurStartError where that cannot be.
    """

    returns = RETURNS
    pull = None
    # What _run_module wants sent: Ansible calls _configure_module in between.
    with_sources = True

    def ask(self, task_vars, *, module=None, arguments=None, program=None):
        _spec, order = self.validate_argument_spec(
            ARGUMENTS, required_if=[("state", "present", ["image"])]
        )
        if order["state"] == "absent" or self._task.check_mode:
            return _told(self._create(task_vars, order))
        pulled, problem = {}, ""
        for _attempt in range(ATTEMPTS):
            made = self._create(task_vars, order)
            pulled = pulled or made.pop("pulled", {})
            if pulled.get("failed"):
                break
            problem = "" if made.get("failed") else _problem(made, order)
            if not (problem or made.get("failed")):
                break
            cleared = self._clear_away(task_vars, order)
            if made.get("failed") or cleared.get("failed"):
                break
        return {**_told(made, problem), **({"pulled": pulled} if pulled else {})}

    def _create(self, task_vars, order):
        made = super().ask(task_vars, module=CREATE, arguments=_arguments(order))
        self.pull = None
        CREATES.keep()
        return made

    def _run_module(self, module, arguments, task_vars):
        def send(with_sources):
            self.with_sources = with_sources
            given = dict(arguments)  # Ansible adds to it
            return super(ActionModule, self)._run_module(module, given, task_vars)

        return sent_short_then_whole(module, send)

    def _configure_module(self, module_name, module_args, task_vars):
        built, path = super()._configure_module(module_name, module_args, task_vars)
        if module_name != CREATE or not takes_programs(self):
            return built, path
        ours = started_by_us(
            built,
            keep=not self._task.check_mode,
            pull=self.pull,
            with_sources=self.with_sources,
        )
        if ours is None and self.pull:
            raise NotOurStartError
        return ours or built, path

    def _clear_away(self, task_vars, order):
        networks = asked_networks(order["options"])
        which = {"name": order["name"], "socket": order["socket"], "networks": networks}
        return super().ask(task_vars, module=CLEAR_AWAY, arguments=which, program=CLEARS_AWAY)

    def secrets(self):
        options = self._task.args.get("options")
        environment = options.get("env") if isinstance(options, dict) else {}
        return secrets_in({}, environment)


def _problem(made, order):
    found = made.get("container")
    if found is None:
        return ""
    return unlike_options(order["name"], network_gaps(order["options"], found["networks"]))


def _told(made, problem=""):
    made.pop("container", None)
    return {**made, "failed": True, "msg": problem} if problem else made


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
