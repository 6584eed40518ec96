# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Order that the options of the module container_switch make."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._health_gate import (
    Health,
    health_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import Order
from ansible_collections.longshore.containers.plugins.module_utils._switch_times import Times


def ordered(params):
    """Read the module's parameters as an Order."""
    http = params["http"] or {"url": "", "status": [DEFAULT_STATUS]}
    health = Health(
        timeout=params["timeout"],
        stable_for=params["stable_for"],
        start_period=params["start_period"],
        interval=params["interval"],
        successes=params["successes"],
        url=http["url"],
        statuses=tuple(http["status"]),
        headers=tuple((http.get("headers") or {}).items()),
        tcp=params["tcp"] or "",
    )
    return Order(
        app=params["app"],
        name=params["name"] or "",
        digest=params["digest"],
        health=health,
        times=Times(),
        keep=params["keep"],
        stop_timeout=params["stop_timeout"],
        platform=params["platform"],
        networks=tuple(params["networks"]),
        restore_container=params["restore_container"] or "",
        protect=tuple(params["protect"]),
        strategy=params["strategy"],
        drain=params["drain"],
        retire=params["retire"],
    )


def order_problem(order):
    """Return why this cannot be asked for, naming the option, or an empty string."""
    if order.drain < 0:
        return "drain must be 0 seconds or more"
    if order.keep < 0:
        return "keep must be 0 or more"
    return health_problem(order.health)
