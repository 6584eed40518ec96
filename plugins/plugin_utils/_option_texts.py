# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a container that are texts, where YAML made something else of what was written.

Here the value is known, and not how it was written: `no` became false, which shows, but `20:20`
became 1220. `longshore check` reads the files too, and names those.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._container import LABEL_APP
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    published_problem,
)

# Of type str, list or dict in community.docker, with their aliases; a test compares them.
TEXTS = frozenset(
    (
        "cap_drop",
        "capabilities",
        "cgroup_parent",
        "cgroupns_mode",
        "command",
        "command_handling",
        "container_default_behavior",
        "cpuset_cpus",
        "cpuset_mems",
        "default_host_ip",
        "device_cgroup_rules",
        "devices",
        "dns_opts",
        "dns_search_domains",
        "dns_servers",
        "domainname",
        "entrypoint",
        "env",
        "env_file",
        "etc_hosts",
        "expose",
        "exposed",
        "exposed_ports",
        "groups",
        "hostname",
        "ipc_mode",
        "kernel_memory",
        "labels",
        "links",
        "log_driver",
        "log_opt",
        "log_options",
        "mac_address",
        "memory",
        "memory_reservation",
        "memory_swap",
        "network_mode",
        "pid_mode",
        "platform",
        "ports",
        "published_ports",
        "restart_policy",
        "runtime",
        "security_opts",
        "shm_size",
        "stop_signal",
        "storage_opts",
        "sysctls",
        "tmpfs",
        "ulimits",
        "user",
        "userns_mode",
        "uts",
        "volume_driver",
        "volumes",
        "volumes_from",
        "working_dir",
    )
)
# Tables, which hold flags besides texts.
_TABLES = {"networks": (), "healthcheck": ("test_cli_compatible",)}
_PORTS = ("published_ports", "ports", "exposed_ports", "exposed", "expose")
_PUBLISHED = ("published_ports", "ports")
_ENV_NAME = "must be the name of a variable: a text that is not empty, without ="
_LAST_PORT = 65535

_QUOTE = (
    "must be a text, and YAML reads yes, no, on, off, true, false and dates without quotes as "
    "something else; put it in quotes"
)


def text_problems(container: dict[Any, Any]) -> list[tuple[str, str]]:
    """Return (key, sentence) for each value that cannot be the text that was written."""
    return list(_problems(container))


def _problems(container: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for name, value in _items(container):
        if name in TEXTS or name in _TABLES:
            for path, one in _scalars(value, str(name)):
                said = _said(str(name), path.rpartition(".")[2], one)
                if said:
                    yield path, said
        if name == "env" and isinstance(value, dict):
            wrong = [key for key in value if not isinstance(key, str) or not key or "=" in key]
            yield from ((f"env.{key}", _said_of_name(key)) for key in wrong)
        if name == "labels" and isinstance(value, dict) and LABEL_APP in value:
            yield f"labels.{LABEL_APP}", "is set by Longshore; remove it"


def _said_of_name(name: Any) -> str:
    # As ON, NO and Y, which look like names.
    return _QUOTE if isinstance(name, bool | dt.date) else _ENV_NAME


def _said(option: str, last: str, value: Any) -> str:
    if option in _PUBLISHED and isinstance(value, str):
        return published_problem(value)
    if isinstance(value, bool | dt.date) and last not in _TABLES.get(option, ()):
        return _QUOTE
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ""
    if option == "env":
        return "must be a text, as every variable of an environment; put it in quotes"
    if option in _PORTS and value > _LAST_PORT:
        return f'must be a port, and {value} is none; put it in quotes, as "22:2222"'
    return ""


def _scalars(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, one in _items(value):
            yield from _scalars(one, f"{path}.{key}")
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _scalars(_read(value, index), f"{path}.{index}")
    else:
        yield path, value


def _items(table: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    for key in list(table):
        yield key, _read(table, key)


def _read(values: Any, key: Any) -> Any:
    """Return a value, None where a template of it needs what only a host has."""
    try:
        return values[key]
    except Exception:  # noqa: BLE001 -- whatever a user's template raises
        return None
