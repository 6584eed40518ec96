# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that asks Ansible which hosts patterns match.

`python -m webhook_bridge.executor.inventory_hosts` reads {"inventory": path, "patterns":
{name: pattern}} and prints {name: [hosts]}. Importing Ansible costs a second, so the bridge itself
never does.

It is ansible-inventory up to the point where the inventory is read, with the environment and the
folder of a run: so inventory plugins of collections and encrypted files are read as a run reads
them, and what is told here is what a run expects. It must import nothing of a collection before
Ansible looks for collections, or that one is all that Ansible finds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

ABSENT = ""
"""The key of the names whose patterns match a host that the inventory does not have."""


def _answer(question: Mapping[str, Any]) -> dict[str, list[str]]:
    from ansible.cli.inventory import InventoryCLI  # noqa: PLC0415 -- costs a second

    class Question(InventoryCLI):  # type: ignore[misc]
        """ansible-inventory that matches patterns instead of printing all."""

        def run(self) -> dict[str, list[str]]:
            super(InventoryCLI, self).run()
            _loader, inventory, _variables = self._play_prereqs()
            return _matched(inventory, question["patterns"])

    cli = Question(["ansible-inventory", "--list", "--inventory", question["inventory"]])
    cli.parse()
    answer: dict[str, list[str]] = cli.run()
    return answer


def _matched(inventory: Any, patterns: Mapping[str, str]) -> dict[str, list[str]]:
    found = {
        name: [host.name for host in inventory.get_hosts(pattern)]
        for name, pattern in patterns.items()
    }
    absent = [name for name, hosts in found.items() if set(hosts) - set(inventory.hosts)]
    return {**found, ABSENT: absent}


def _main() -> None:
    from ansible.errors import AnsibleError  # noqa: PLC0415 -- costs a second

    try:
        answer = _answer(json.load(sys.stdin))
    except AnsibleError as error:
        sys.exit(" ".join(str(error).split()))
    print(json.dumps(answer))  # noqa: T201 -- its answer


if __name__ == "__main__":
    _main()
