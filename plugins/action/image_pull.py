# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take of image_pull's result what is known; documented with the module of this name."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    HostProgram,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_results import (
    known_result,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    flag,
    registry_cause,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_module import (
    RegistryModule,
)

RETURNS = {"refused": flag, "registry": registry_cause}


def pull_result(value):
    """Return the result of a pull, reduced to known keys; anything else is one that did nothing."""
    return known_result(value, RETURNS) if isinstance(value, dict) else {}


class ActionModule(RegistryModule):
    """See RegistryModule."""

    program = HostProgram("image_pull")
    returns = RETURNS
