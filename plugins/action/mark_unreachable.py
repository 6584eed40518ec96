# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a host as unreachable; documented with the module of this name."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

ARGUMENTS = {"msg": {"type": "str", "required": True}}


class ActionModule(ActionBase):
    """Fails as a lost connection does, which is what Ansible calls unreachable."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        _spec, order = self.validate_argument_spec(ARGUMENTS)
        raise AnsibleConnectionFailure(order["msg"])
