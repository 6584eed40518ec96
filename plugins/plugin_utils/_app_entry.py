# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an app's entry in the variable `apps` may say: the rules of the playbooks and the bridge.

Nothing here imports Ansible, so that the bridge can ask in its own process. Its model of an entry
(webhook_bridge/config/app.py) makes values of what has passed here, and decides nothing again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ansible_collections.longshore.containers.plugins.module_utils._health_rules import (
    asks_elsewhere,
    health_problems,
)
from ansible_collections.longshore.containers.plugins.module_utils._image_name import read_image
from ansible_collections.longshore.containers.plugins.module_utils._port_options import (
    fixed_ports,
    uses_host_network,
)
from ansible_collections.longshore.containers.plugins.module_utils._start_first import (
    fixed_address,
    start_first_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._app_keys import (
    REQUIRED,
    unknown_keys,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._app_rollout import (
    budget_problem,
    rollout_problems,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._app_track import track_problems
from ansible_collections.longshore.containers.plugins.plugin_utils._container_options import (
    container_problems,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._durations import duration
from ansible_collections.longshore.containers.plugins.plugin_utils._sentences import (
    IS_REQUIRED,
    MUST_BE_TABLE,
    MUST_BE_TEXT,
    as_check,
    one_of,
    whole_number,
)

START_FIRST = "start_first"
MOST_KEPT = 20
# Files, labels and containers bear it.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")


class Problem(NamedTuple):
    """What is wrong with an app: the path of the key, as `rollout.serial`, and a sentence."""

    app: str
    path: str
    sentence: str

    def __str__(self) -> str:
        path = ".".join(["apps", self.app, *filter(None, [self.path])])
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in path)
        return f"{shown}: {self.sentence}"


def app_problems(name: str, entry: Any, *, hosts: int = 0) -> list[Problem]:
    """Return all that is wrong with an app on so many hosts; 0 stands for a number not known."""
    said = _name_problem(name)
    found = [("", said)] if said else []
    if isinstance(entry, dict):
        found += _entry_problems(_readable(entry), hosts)
    else:
        found.append(("", MUST_BE_TABLE))
    return [Problem(str(name), path, sentence) for path, sentence in found]


def _name_problem(name: Any) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return ""
    return (
        "must be a name of at most 41 lower-case letters, digits, _ and -, beginning with a letter "
        "or digit"
    )


def _readable(table: dict[Any, Any]) -> dict[Any, Any]:
    """Return what can be read here.

    A template of a playbook's user may need variables that only a host has: each host's module
    judges it, before it touches what runs.
    """
    found = {}
    for key in list(table):
        try:
            value = table.get(key)
        except Exception:  # noqa: BLE001, S112 -- whatever a user's template raises
            continue
        # The options are read one by one, and only where they are judged.
        is_table = isinstance(value, dict) and key != "container"
        found[key] = _readable(value) if is_table else value
    return found


def _entry_problems(entry: dict[Any, Any], hosts: int) -> list[tuple[str, str]]:
    found = [(key, IS_REQUIRED) for key in REQUIRED if key not in entry]
    found += unknown_keys(entry)
    for key, problems in _FIELDS.items():
        if key in entry:
            said = problems(entry[key])
            found += [(".".join(filter(None, [key, path])), why) for path, why in said]
    wrong = {path.partition(".")[0] for path, _said in found}
    return found + [(path, said) for path, said in _between_fields(entry, hosts, wrong) if said]


def _between_fields(
    entry: dict[Any, Any], hosts: int, wrong: set[str]
) -> Iterator[tuple[str, str]]:
    """Judge fields in view of one another, as far as none that counts is wrong by itself."""
    rollout = entry.get("rollout", {})
    if hosts and isinstance(rollout, dict):
        budget = rollout.get("failure_budget", 0)
        yield "rollout.failure_budget", budget_problem(budget, hosts=hosts)
    if entry.get("switch") == START_FIRST and not wrong & {"container", "health"}:
        yield "switch", _beside(entry)


def _beside(entry: dict[Any, Any]) -> str:
    judged = (
        "published_ports",
        "ports",
        "network_mode",
        "networks",
        "networks_cli_compatible",
        "mac_address",
    )
    options = _chosen(entry.get("container", {}), judged)
    health = entry.get("health", {})
    return start_first_problem(
        fixed_ports=fixed_ports(options),
        host_network=uses_host_network(options),
        fixed_address=fixed_address(options),
        asked_elsewhere=asks_elsewhere(
            url=(health.get("http") or {}).get("url") or "", tcp=health.get("tcp") or ""
        ),
    )


def _chosen(options: dict[Any, Any], names: tuple[str, ...]) -> dict[Any, Any]:
    found = {}
    for name in names:
        try:
            found[name] = options.get(name)
            str(found[name])  # a list is rendered when it is read
        except Exception:  # noqa: BLE001 -- as in _readable
            found[name] = None
    return found


def _one(check: Callable[[Any], str]) -> Callable[[Any], list[tuple[str, str]]]:
    def problems(value: Any) -> list[tuple[str, str]]:
        said = check(value)
        return [("", said)] if said else []

    return problems


def _table(
    problems: Callable[[dict[str, Any]], list[tuple[str, str]]],
) -> Callable[[Any], list[tuple[str, str]]]:
    return lambda value: problems(value) if isinstance(value, dict) else [("", MUST_BE_TABLE)]


def _pattern(value: Any) -> str:
    if not isinstance(value, str):
        return MUST_BE_TEXT
    is_pattern = value.strip() and not value.startswith("-")
    return "" if is_pattern else "must be an Ansible host pattern, for example web or web:!spare"


def _signature(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [] if value is None else [("", MUST_BE_TABLE)]
    found = [] if "cosign_key" in value else [("cosign_key", IS_REQUIRED)]
    key, wait = value.get("cosign_key", "-"), value.get("wait", 1)
    if not isinstance(key, str) or not key:
        found.append(("cosign_key", "must be the path of a public key, relative to this file"))
    said = as_check(duration)(wait)
    return [*found, *([("wait", said)] if said else [])]


_FIELDS: dict[str, Callable[[Any], list[tuple[str, str]]]] = {
    "image": _one(as_check(read_image)),
    "track": track_problems,
    "min_age": _one(as_check(duration)),
    "signature": _signature,
    "hosts": _one(_pattern),
    "container": _table(container_problems),
    "health": _table(health_problems),
    "switch": _one(one_of("stop_first", START_FIRST)),
    "rollout": _table(rollout_problems),
    "drift": _one(one_of("report", "correct")),
    "keep": _one(whole_number(0, MOST_KEPT)),
}
