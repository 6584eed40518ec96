# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins whose module asks a registry."""

from __future__ import annotations

import os

from ansible.errors import AnsibleActionFail
from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import secrets_in
from ansible_collections.longshore.containers.plugins.plugin_utils._lent_login import lent_login

NOT_PIPELINED = (
    "the bridge lends its login only where it stays in memory, and without pipelining it would "
    "stand in a file on this host: let ansible_pipelining be true for the host (with become, by "
    "sudo), or give the host a login of its own in registries"
)


class RegistryModule(HostModule):
    """Runs its module with the login that the bridge lends, where the task has none of its own."""

    lent = None

    def ask(self, task_vars, *, module=None, arguments=None, program=None):
        given = self._task.args if arguments is None else arguments
        arguments = {**given, **self.borrowed(given)}
        return super().ask(task_vars, module=module, arguments=arguments, program=program)

    def secrets(self):
        return [*super().secrets(), *secrets_in(self.lent, {})]

    def borrowed(self, given):
        """Return the arguments to add: a login, or why there is none."""
        if given.get("login"):
            return {}
        try:
            found = lent_login(str(given.get("image", "")), os.environ)
        except (OSError, ValueError) as exc:
            raise AnsibleActionFail(
                f"The login that the bridge lends cannot be read: {exc}"
            ) from None
        if "trouble" in found:
            return {"login_trouble": {"said": found["trouble"], "passing": True}}
        if found and not self._is_pipelining_enabled("new", wrap_async=bool(self._task.async_val)):
            return {"login_trouble": {"said": NOT_PIPELINED, "passing": False}}
        if not found:
            return {}
        self.lent = {"username": found["username"], "password": found["password"]}
        return {"login": self.lent}
