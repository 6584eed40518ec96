# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that asks Ansible which hosts patterns match.

`python -m webhook_bridge.executor.inventory_hosts` reads {"inventory": path, "patterns":
{name: pattern}} and prints {name: answer}, whose keys are those of `Matched`. Importing Ansible
costs a second, so the bridge itself never does.

It is ansible-inventory up to the point where the inventory is read, with the environment and the
folder of a run: so inventory plugins of collections and encrypted files are read as a run reads
them, and what is told here is what a run expects. It must import nothing of a collection before
Ansible looks for collections, or that one is all that Ansible finds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, TypedDict


class Matched(TypedDict):
    """What one pattern matches."""

    hosts: list[str]
    absent: bool
    """A host among them is not in the inventory: Ansible made it up."""
    unmatched: list[str]
    """Parts of the pattern that name neither a group nor a host."""
    wrong: str
    """Why Ansible takes no such pattern; empty where it does."""


def _answer(question: Mapping[str, Any]) -> dict[str, Matched]:
    from ansible.cli.inventory import InventoryCLI  # noqa: PLC0415 -- costs a second

    class Question(InventoryCLI):  # type: ignore[misc]
        """ansible-inventory that matches patterns instead of printing all."""

        def run(self) -> dict[str, Matched]:
            super(InventoryCLI, self).run()
            _loader, inventory, _variables = self._play_prereqs()
            return _all_matched(inventory, question["patterns"])

    cli = Question(["ansible-inventory", "--list", "--inventory", question["inventory"]])
    cli.parse()
    answer: dict[str, Matched] = cli.run()
    return answer


def _all_matched(inventory: Any, patterns: Mapping[str, str]) -> dict[str, Matched]:
    # Ansible keeps what a part matches, nothing too, and does not warn of that part again: so all
    # parts are asked for before any whole pattern is.
    unmatched = {name: _unmatched(inventory, one) for name, one in patterns.items()}
    return {name: _matched(inventory, one, unmatched[name]) for name, one in patterns.items()}


def _matched(inventory: Any, pattern: str, unmatched: list[str]) -> Matched:
    from ansible.errors import AnsibleError  # noqa: PLC0415 -- costs a second

    try:
        hosts = [host.name for host in inventory.get_hosts(pattern)]
    except AnsibleError as error:
        return Matched(hosts=[], absent=False, unmatched=[], wrong=" ".join(str(error).split()))
    absent = bool(set(hosts) - set(inventory.hosts))
    return Matched(hosts=hosts, absent=absent, unmatched=unmatched, wrong="")


def _unmatched(inventory: Any, pattern: str) -> list[str]:
    """Return the parts that Ansible would only warn of; a group without hosts is no such part."""
    from ansible import constants  # noqa: PLC0415 -- costs a second
    from ansible.errors import AnsibleError  # noqa: PLC0415 -- costs a second
    from ansible.inventory.manager import split_host_pattern  # noqa: PLC0415 -- costs a second

    usual, constants.HOST_PATTERN_MISMATCH = constants.HOST_PATTERN_MISMATCH, "error"
    found = []
    for part in split_host_pattern(pattern):
        try:
            inventory.get_hosts(part.lstrip("!&"))
        except AnsibleError:
            found.append(part)
    constants.HOST_PATTERN_MISMATCH = usual
    return found


def _main() -> None:
    from ansible.errors import AnsibleError  # noqa: PLC0415 -- costs a second

    try:
        answer = _answer(json.load(sys.stdin))
    except AnsibleError as error:
        sys.exit(" ".join(str(error).split()))
    print(json.dumps(answer))  # noqa: T201 -- its answer


if __name__ == "__main__":
    _main()
