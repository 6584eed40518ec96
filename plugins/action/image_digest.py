# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take of image_digest's result what is known; documented with the module of this name."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_module import HostModule
from ansible_collections.longshore.containers.plugins.plugin_utils._host_program import (
    HostProgram,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import digest

RETURNS = {"digest": digest}


class ActionModule(HostModule):
    """See HostModule."""

    program = HostProgram("image_digest")
    returns = RETURNS
