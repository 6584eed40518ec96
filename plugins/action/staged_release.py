# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring an image and a container of it to a host; documented with the module of this name."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.action import (
    image_pull,
    staged_container,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    ArgumentError,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_python import (
    HostPython,
    takes_programs,
)

ARGUMENTS = {
    "name": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "digest": {"type": "str", "required": True},
    "login": {"type": "dict", "no_log": True},
    "registry_spread": {"type": "float", "default": 0},
    "labels": {"type": "dict", "default": {}},
    "options": {"type": "dict", "default": {}},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


# What a daemon warns of where an image is built for another processor.
UNFIT = "does not match the detected host platform"


class ActionModule(ActionBase):
    """Pulls, then creates: one task of Ansible's for what would cost each host two."""

    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        # Not left to what creates the container: this knows a registry's trouble from a wrong
        # option, and logs in for this pull alone.
        pulled, made = self._at_once(order, task_vars) or (self._pull(order, task_vars), None)
        if pulled.get("failed"):
            final = bool(pulled.get("refused") or pulled.get("registry"))
            return {**result, **pulled, "final": final}
        made = _fit(made or self._create(order, task_vars))
        changed = bool(pulled.get("changed") or made.get("changed"))
        return {**result, **made, "changed": changed}

    def _at_once(self, order, task_vars):
        """Pull and create in one process on the host: return both results, None where it cannot be.

        It cannot with a login, which what creates the container has no business with.
        """
        wanted = _to_pull(order)
        pull = self._plugin(image_pull, wanted)
        if order["login"] or not takes_programs(self) or pull.borrowed(wanted):
            return None
        action = self._plugin(staged_container, _to_create(order))
        try:
            action.pull = pull.program.order(
                pull.program.checked(wanted),
                check_mode=self._task.check_mode,
                facility=HostPython(self, task_vars).syslog_facility(),
            )
            made = action.run(task_vars=task_vars)
        except (ArgumentError, staged_container.NotOurStartError):
            return None
        except AnsibleConnectionFailure:
            # What was begun may go on there without us, so nothing is created beside it. A pull
            # does no harm, and was sent no option: why the host is lost may be told of it.
            self._pull(order, task_vars)
            raise
        return made.pop("pulled", {}), made

    def _pull(self, order, task_vars):
        try:
            return self._plugin(image_pull, _to_pull(order)).run(task_vars=task_vars)
        except AnsibleConnectionFailure:
            # Nothing of the container's options was sent yet: why the host is lost may be told.
            self._task.no_log = False
            raise

    def _create(self, order, task_vars):
        made = self._plugin(staged_container, _to_create(order)).run(task_vars=task_vars)
        made.pop("pulled", None)
        return made

    def _plugin(self, plugin, arguments):
        """Return the action plugin of another module, for this task's host."""
        # Its parents would be copied too, and have no say any more in a task that is executed.
        task = self._task.copy(exclude_parent=True)
        task.action = f"longshore.containers.{plugin.__name__.rpartition('.')[2]}"
        task.args = arguments
        return plugin.ActionModule(
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )


def _to_pull(order):
    """Return the arguments of image_pull."""
    given = {key: order[key] for key in ("image", "digest", "registry_spread", "socket")}
    optional = {"login": order["login"], "platform": order["options"].get("platform")}
    return {**given, **{key: value for key, value in optional.items() if value}}


def _to_create(order):
    """Return the arguments of staged_container."""
    given = {key: order[key] for key in ("name", "labels", "options", "socket")}
    return {**given, "image": f"{order['image']}@{order['digest']}"}


def _fit(made):
    """Return the result of a container that was made, as a failure where it cannot run here."""
    unfit = [each for each in made.get("warnings") or [] if UNFIT in each]
    if not unfit:
        return made
    return {**made, "failed": True, "msg": unfit[0], "unfit": True, "final": True}
