# SPDX-License-Identifier: GPL-3.0-or-later
"""Render each app's entry for each of its hosts, by Ansible itself, in a process of its own.

`python -m webhook_bridge.executor.rendered_options` reads {"inventory": path, "hosts": {app:
[host]}, "options": those of docker_container} and prints {"problems": [[app, host, path,
sentence]], "logins": {app: [host]}}: what is wrong with what an entry becomes, and which hosts have
a login for the app's image. No host is connected to, and no value is printed but as Ansible's own
messages show it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from webhook_bridge.config.yaml_texts import Option
from webhook_bridge.executor.option_types import type_problems

Problem = tuple[str, str, str, str]
_MOST = 200


class _Inventory:
    """The variables of hosts as a run has them, vault passwords included."""

    def __init__(self, source: str) -> None:
        from ansible import constants  # noqa: PLC0415 -- importing Ansible costs a second
        from ansible.cli import CLI  # noqa: PLC0415 -- as above
        from ansible.inventory.manager import InventoryManager  # noqa: PLC0415 -- as above
        from ansible.parsing.dataloader import DataLoader  # noqa: PLC0415 -- as above
        from ansible.plugins.loader import init_plugin_loader  # noqa: PLC0415 -- as above
        from ansible.vars.hostvars import HostVars  # noqa: PLC0415 -- as above
        from ansible.vars.manager import VariableManager  # noqa: PLC0415 -- as above

        init_plugin_loader()
        self.loader = DataLoader()
        identities = constants.DEFAULT_VAULT_IDENTITY_LIST
        secrets = CLI.setup_vault_secrets(self.loader, vault_ids=identities, auto_prompt=False)
        self.loader.set_vault_secrets(secrets)
        self.inventory = InventoryManager(loader=self.loader, sources=[source])
        self.manager = VariableManager(loader=self.loader, inventory=self.inventory)
        HostVars(self.inventory, self.manager, self.loader)

    def templar(self, host: str, **extra: Any) -> Any:
        from ansible.template import Templar  # noqa: PLC0415 -- as above

        variables = self.manager.get_vars(host=self.inventory.get_host(host))
        return Templar(loader=self.loader, variables={**variables, **extra})


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wrong, and who has a login; see the module."""
    inventory = _Inventory(question["inventory"])
    problems: list[Problem] = []
    logins: dict[str, list[str]] = {}
    for app, hosts in question["hosts"].items():
        for host in hosts:
            found = _Rendering(inventory, app, host, question["options"])
            problems += found.problems
            if found.has_login:
                logins.setdefault(app, []).append(host)
    return {"problems": problems[:_MOST], "logins": logins}


class _Rendering:
    """One app on one host."""

    def __init__(
        self, inventory: _Inventory, app: str, host: str, options: Mapping[str, Option]
    ) -> None:
        self.problems: list[Problem] = []
        self.has_login = False
        self._app, self._host = app, host
        try:
            self._templar = inventory.templar(host, app=app, longshore_release_digest="")
        except Exception as error:  # noqa: BLE001 -- a vaulted file, a plugin: whatever it raises
            self._say("", error)
            return
        variables = self._templar.available_variables
        entry = self._rendered(variables.get("apps", {}), "apps", within=app)
        self._judge(entry)
        self._judge_types(entry, options)
        self._read_login(entry)

    def _say(self, path: str, error: Exception | str) -> None:
        self.problems.append((self._app, self._host, path, " ".join(str(error).split())[:500]))

    def _judge(self, entry: Any) -> None:
        from ansible_collections.longshore.containers.plugins.plugin_utils import (  # noqa: PLC0415 -- as above
            _app_entry,
        )

        broken = {path for _, _, path, _ in self.problems}
        for problem in _app_entry.app_problems(self._app, entry):
            if not any(path.startswith(f"apps.{self._app}.{problem.path}") for path in broken):
                self._say(f"apps.{self._app}.{problem.path}".rstrip("."), problem.sentence)

    def _judge_types(self, entry: Any, options: Mapping[str, Option]) -> None:
        """Say what the module would refuse, of options that nothing else is wrong with."""
        container = entry.get("container") if isinstance(entry, Mapping) else None
        if not isinstance(container, Mapping):
            return
        path = f"apps.{self._app}.container"
        wrong = {told.removeprefix(f"{path}.").partition(".")[0] for _, _, told, _ in self.problems}
        well = {name: value for name, value in container.items() if name not in wrong}
        for below, sentence in type_problems(well, options):
            self._say(f"{path}.{below}", sentence)

    def _rendered(self, value: Any, path: str, *, within: str = "") -> Any:
        """Return a value rendered, part by part, so that each mistake is told with its key."""
        if isinstance(value, Mapping):
            keys = [within] if within and within in value else list(value)
            found = {key: self._rendered(value[key], f"{path}.{key}") for key in keys}
            return found.get(within, found)
        if isinstance(value, list):
            return [self._rendered(one, f"{path}.{at}") for at, one in enumerate(value)]
        rendered = self._rendered_scalar(value, path)
        return rendered.get(within) if within and isinstance(rendered, Mapping) else rendered

    def _rendered_scalar(self, value: Any, path: str) -> Any:
        try:
            # In a table, as a run has it: `default(omit)` takes the key away.
            return self._templar.template({"value": value}).get("value")
        except Exception as error:  # noqa: BLE001 -- as above
            self._say(path, error)
            return None

    def _read_login(self, entry: Any) -> None:
        from ansible_collections.longshore.containers.plugins.plugin_utils import (  # noqa: PLC0415 -- as above
            _registry_keys,
        )

        given = self._templar.available_variables.get("registries")
        logins = self._rendered(given, "registries") or {}
        found = _registry_keys.logins_problems(logins)
        for path, said in found:
            self._say(path, said)
        if not found:
            image = entry.get("image") if isinstance(entry, Mapping) else None
            self.has_login = bool(_registry_keys.login_for(logins, image))


def main(lines: Iterator[str]) -> None:
    """Answer one question."""
    print(json.dumps(answer(json.loads("".join(lines)))))  # noqa: T201 -- its answer


if __name__ == "__main__":
    main(iter(sys.stdin))
