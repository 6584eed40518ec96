# SPDX-License-Identifier: GPL-3.0-or-later
"""To which release an app goes back, as of one fixed time."""

from calendar import timegm
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._rollback import (
    Return,
    plan_return,
)

NOW = timegm((2024, 11, 28, 12, 59, 59))


def plan(seen: dict[str, Any], digest: str = "") -> Return:
    decided: Return = plan_return(seen, now=NOW, digest=digest)
    return decided
