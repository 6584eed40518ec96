# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the module container_switch, and the Order that they make."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._health_gate import (
    Health,
    health_problem,
)
from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
    DEFAULTS,
)
from ansible_collections.longshore.containers.plugins.module_utils._switch_report import (
    START_FIRST,
    STOP_FIRST,
    Order,
)

ARGUMENTS = {
    "app": {"type": "str", "required": True},
    "name": {"type": "str"},
    "digest": {"type": "str", "required": True},
    "restore_container": {"type": "str"},
    "timeout": {"type": "float", "default": DEFAULTS["timeout"]},
    "stable_for": {"type": "float", "default": DEFAULTS["stable_for"]},
    "start_period": {"type": "float", "default": DEFAULTS["start_period"]},
    "interval": {"type": "float", "default": DEFAULTS["interval"]},
    "successes": {"type": "int", "default": DEFAULTS["successes"]},
    "http": {
        "type": "dict",
        "options": {
            "url": {"type": "str", "required": True},
            "status": {"type": "list", "elements": "int", "default": [DEFAULT_STATUS]},
            "headers": {"type": "dict"},
        },
    },
    "tcp": {"type": "str"},
    "strategy": {"type": "str", "default": STOP_FIRST, "choices": [STOP_FIRST, START_FIRST]},
    "drain": {"type": "float", "default": 0},
    "retire": {"type": "bool", "default": True},
    "share_host": {"type": "bool", "default": False},
    "keep": {"type": "int", "default": 2},
    "protect": {"type": "list", "elements": "str", "default": []},
    "stop_timeout": {"type": "int"},
    "platform": {"type": "str"},
    "networks": {"type": "list", "elements": "dict", "default": []},
    "socket": {"type": "path", "default": "/var/run/docker.sock"},
}


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
