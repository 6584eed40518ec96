# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that asks AWS for the instances behind inventory files of amazon.aws.aws_ec2.

`python -m webhook_bridge.executor.aws_instances` reads {"files": [paths]} and prints a list of
[id, number of the file, state, host name]; the name is left out where an instance has none.

The plugin itself reads each file as a run does (credentials, !vault, regions, filters), with the
names that it gives changed in memory: to each name are added the instance's id and state. So what
is told is by the plugin's own rules, and no copy of a file is written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_MARK = "|"
_PARTS = 4
# What a name does not depend on: groups and variables, and what they would cost.
_LEFT_OUT = frozenset(
    (
        "cache",
        "compose",
        "groups",
        "hostnames",
        "hostvars_prefix",
        "hostvars_suffix",
        "keyed_groups",
        "use_ssm_inventory",
    )
)
_DEFAULT_NAMES = ("dns-name", "private-dns-name")


def with_ids(options: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the options of a file such that each host is named `id|number|state|name`.

    An instance without a name is named `id|number|state`. Facts: the plugin's hostnames take
    mappings of name, prefix and separator, one within the other; the first that gives a name wins.
    """
    state = {
        "name": "instance-state-name",
        "prefix": "instance-id",
        "separator": f"{_MARK}{number}{_MARK}",
    }
    names = [
        {"name": each, "prefix": state, "separator": _MARK}
        for each in _listed(options.get("hostnames")) or _DEFAULT_NAMES
    ]
    kept = {key: value for key, value in options.items() if key not in _LEFT_OUT}
    return {**kept, "hostnames": [*names, state], "cache": False}


def _listed(names: Any) -> list[Any]:
    # Ansible splits a text where it takes a list.
    return [each.strip() for each in names.split(",")] if isinstance(names, str) else names or []


def _answer(files: Sequence[str]) -> list[list[str]]:
    from ansible import cli as ansible_cli  # noqa: PLC0415 -- costs a second
    from ansible.cli.inventory import InventoryCLI  # noqa: PLC0415 -- the same

    class Loader(ansible_cli.DataLoader):  # type: ignore[misc]
        """Ansible's own, but for the options of these files."""

        def load_from_file(self, file_name: str, *args: Any, **kwargs: Any) -> Any:
            found = super().load_from_file(file_name, *args, **kwargs)
            return with_ids(found, files.index(file_name)) if file_name in files else found

    class Question(InventoryCLI):  # type: ignore[misc]
        """ansible-inventory that returns the hosts' names."""

        def run(self) -> list[str]:
            super(InventoryCLI, self).run()
            _loader, inventory, _variables = self._play_prereqs()
            return list(inventory.hosts)

    # _play_prereqs makes the loader, gives it the vault's secrets, and reads the inventory with it.
    ansible_cli.DataLoader = Loader
    sources = [part for file in files for part in ("--inventory", file)]
    cli = Question(["ansible-inventory", "--list", *sources])
    cli.parse()
    return [name.split(_MARK, _PARTS - 1) for name in cli.run()]


def _main() -> None:
    from ansible.errors import AnsibleError  # noqa: PLC0415 -- costs a second

    try:
        answer = _answer(json.load(sys.stdin)["files"])
    except AnsibleError as error:
        sys.exit(" ".join(str(error).split()))
    print(json.dumps(answer))  # noqa: T201 -- its answer


if __name__ == "__main__":
    _main()
