# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the modules that run on hosts, as data: SPECS of AnsibleModule, by module.

Apart from the modules' code, which the control node need not import to check them.
"""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    DEFAULT_STATUS,
    DEFAULTS,
)

STOP_FIRST = "stop_first"
START_FIRST = "start_first"

_LOGIN = {
    "login": {
        "type": "dict",
        "options": {
            "username": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
        },
    },
    "login_trouble": {
        "type": "dict",
        "options": {
            "said": {"type": "str", "required": True},
            "passing": {"type": "bool", "default": False},
        },
    },
}
_SOCKET = {"type": "path", "default": "/var/run/docker.sock"}
_STRATEGY = {"type": "str", "default": STOP_FIRST, "choices": [STOP_FIRST, START_FIRST]}
_SWITCH = {
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
    "strategy": _STRATEGY,
    "drain": {"type": "float", "default": 0},
    "retire": {"type": "bool", "default": True},
    "share_host": {"type": "bool", "default": False},
    "keep": {"type": "int", "default": 2},
    "protect": {"type": "list", "elements": "str", "default": []},
    "stop_timeout": {"type": "int"},
    "platform": {"type": "str"},
    "networks": {"type": "list", "elements": "dict", "default": []},
    "socket": _SOCKET,
}

SPECS = {
    "container_preflight": {
        "argument_spec": {
            **_LOGIN,
            "app": {"type": "str", "required": True},
            "image": {"type": "str", "required": True},
            "digest": {"type": "str", "required": True},
            "restore_container": {"type": "str"},
            "name": {"type": "str", "default": ""},
            "strategy": _STRATEGY,
            "options": {"type": "dict", "default": {}},
            "image_bytes": {"type": "int", "default": 0},
            "platforms": {"type": "list", "elements": "str", "default": []},
            "registry_timeout": {"type": "int", "default": 20},
            "registry_spread": {"type": "float", "default": 0},
            # A path within another argument is not one of the host: here it is that of `socket`.
            "switch": {"type": "dict", "options": {**_SWITCH, "socket": {"type": "str"}}},
            "socket": _SOCKET,
        },
    },
    "container_removal": {
        "argument_spec": {
            "app": {"type": "str", "required": True},
            "stop_timeout": {"type": "int"},
            "socket": _SOCKET,
        },
    },
    "container_status": {
        "argument_spec": {
            "app": {"type": "str"},
            "wanted_options": {"type": "dict", "default": {}},
            "option_key": {"type": "str", "no_log": True},
            "env_file": {"type": "str"},
            "socket": _SOCKET,
        },
    },
    "container_switch": {
        "argument_spec": _SWITCH,
        "required_one_of": [["name", "restore_container"]],
        "mutually_exclusive": [["name", "restore_container"]],
    },
    "half_made_container": {
        "argument_spec": {
            "name": {"type": "str", "required": True},
            "networks": {"type": "list", "elements": "dict", "default": []},
            "socket": _SOCKET,
        },
    },
    "image_digest": {
        "argument_spec": {
            **_LOGIN,
            "image": {"type": "str", "required": True},
            "tag": {"type": "str", "default": "latest"},
            "registry_timeout": {"type": "int", "default": 20},
            "socket": _SOCKET,
        },
    },
    "image_pull": {
        "argument_spec": {
            **_LOGIN,
            "image": {"type": "str", "required": True},
            "digest": {"type": "str", "required": True},
            "platform": {"type": "str"},
            "silence": {"type": "int", "default": 300},
            "registry_spread": {"type": "float", "default": 0},
            "socket": _SOCKET,
        },
    },
}
