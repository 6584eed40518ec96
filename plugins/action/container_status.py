# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take of container_status's result what is known; documented with the module of this name."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    HostProgram,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import (
    container_rows,
    daemon_id,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._option_prints import (
    content_print,
    other_options,
)

RETURNS = {
    "architecture": text,
    "containers": container_rows,
    "daemon": daemon_id,
    "env_file": text,
}


class ActionModule(HostModule):
    """Compares each container's options with those that are wanted, which no host is told."""

    program = HostProgram("container_status")
    returns = RETURNS

    def ask(self, task_vars, *, module=None, arguments=None, program=None):
        arguments = dict(self._task.args)
        wanted, key = arguments.pop("wanted_options", {}), arguments.pop("option_key", "")
        result = super().ask(task_vars, module=module, arguments=arguments, program=program)
        wanted = {**wanted, **content_print(result.get("env_file"), key)}
        for row in result.get("containers", ()):
            row["other_options"] = other_options(row.pop("options", ""), wanted)
        return result
