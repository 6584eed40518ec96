# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login that the bridge lends to a run: held in memory, read on the control node when needed.

The run is told where it is, and that place is a memory file of the process that started Ansible
(memfd_create(2)), which nobody can change. So the login is in no variable, argument or file of the
control node, and is gone with the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import login_for

VARIABLE = "LONGSHORE_LENT_LOGIN"
"""The variable of the environment that has the path; unset where nothing is lent."""


def lent_login(image: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what is lent for an image: `username` and `password`, or `trouble`; {} for nothing.

    It is lent for one registry, or for one beginning of names there, which the bridge wrote beside
    it: no image of another registry gets it, whatever the inventory has come to say.

    Raises OSError or ValueError where it cannot be read.
    """
    place = environ.get(VARIABLE)
    if not place:
        return {}
    lent = json.loads(Path(place).read_text(encoding="utf-8"))
    found: dict[str, Any] = login_for({lent["registry"]: lent}, image)
    return found
