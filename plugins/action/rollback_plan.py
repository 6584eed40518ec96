# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decide on the control node what to go back to; documented with the module of this name."""

from __future__ import annotations

import time

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import containers_from
from ansible_collections.longshore.containers.plugins.plugin_utils._rollback import (
    NothingToGoBackTo,
    plan_return,
)

ARGUMENTS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "digest": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Reads what container_status registered on the hosts as longshore_seen."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        seen = {host: _rows(task_vars["hostvars"][host]) for host in order["hosts"]}
        try:
            plan = plan_return(seen, now=time.time(), digest=order["digest"])
        except NothingToGoBackTo as exc:
            raise AnsibleActionFail(f"{exc}; nothing was changed") from exc
        warnings = [plan.note] if plan.note else []
        told = {"digest": plan.digest, "containers": plan.containers, "warnings": warnings}
        return dict(result, **told, released_at=plan.released_at)


def _rows(variables):
    """Return what a host answered, or None if it did not."""
    answer = variables.get("longshore_seen") or {}
    if answer.get("failed") or answer.get("unreachable"):
        return None
    return containers_from(answer) if isinstance(answer.get("containers"), list) else None
