# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take of container_preflight's result what is known; documented with the module of this name."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    HostProgram,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import (
    digest,
    fingerprint,
    flag,
    registry_cause,
    sentences,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._ledger import idle_result
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_module import (
    RegistryModule,
)

RETURNS = {
    "env_file": fingerprint,
    "kept": flag,
    "problems": sentences,
    "registry": registry_cause,
    "replaces": digest,
    "unchanged": idle_result,
}


class ActionModule(RegistryModule):
    """See RegistryModule."""

    program = HostProgram("container_preflight")
    returns = RETURNS
