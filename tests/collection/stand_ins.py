# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that answer as told, for the playbooks' own decisions: no daemon, and seconds less.

The collection is this checkout's, but for the modules that reach a daemon: in their place stands
one that answers what the test wrote for the host, and notes that it was asked.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.collection.playbook_runs import ROOT, Playbooks
from tests.support.hostile_python import HostilePython

DIGEST = "sha256:" + "a" * 64
SHOP = {"image": "registry.example.com/acme/shop", "hosts": "web"}

# A host is told by the path of its socket, which is the folder of its answers.
_ANSWER = """\
def answer(name, arguments):
    import json, os, time
    folder = (arguments.get("socket") or arguments["docker_host"]).replace("unix://", "")
    with open(os.path.join(os.path.dirname(folder), "calls"), "a") as calls:
        calls.write(os.path.basename(folder) + f" {name} " + json.dumps(arguments) + "\\n")
    with open(os.path.join(os.path.dirname(folder), "processes"), "a") as processes:
        processes.write(f"{os.path.basename(folder)} {name} {os.getpid()}\\n")
    path = os.path.join(folder, f"{name}.json")
    said = json.load(open(path)) if os.path.exists(path) else {}
    time.sleep(said.get("seconds_of_silence", 0))
    told = {"changed": False, "invocation": {"module_args": arguments}, **said}
    return told
"""
# In place of a module of somebody else.
_MODULE = f"""\
from ansible.module_utils.basic import _load_params
{_ANSWER}
import json
print(json.dumps(answer("NAME", _load_params())))
raise SystemExit
"""
# In place of a module's own code on hosts (plugins/module_utils): to compile that for each call was
# a fourth of what a deployment takes.
_RUN = f"""
{_ANSWER}
def run(module):
    module.exit_json(**answer("NAME", module.params))
"""
_DAEMON_MODULES = (
    "container_preflight",
    "container_switch",
    "container_status",
    "half_made_container",
    "image_digest",
    "image_pull",
)


class StandIns:
    """An inventory whose hosts are folders with answers."""

    def __init__(self, playbooks: Playbooks, names: tuple[str, ...]) -> None:
        self.playbooks = playbooks
        self._folder = playbooks.folder / "daemons"
        self._write_inventory(names)
        self._write_collections()
        for name in names:
            updated = {"changed": True, "outcome": "updated", "digest": DIGEST, "reason": "runs"}
            self.answer(name, "container_switch", **updated, health="healthy")
        self.declare()

    def _write_inventory(self, names: tuple[str, ...]) -> None:
        hosts = {
            name: {
                "ansible_connection": "local",
                "docker_container_socket": str(self._folder / name),
            }
            for name in names
        }
        python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        inventory = json.dumps({"web": {"hosts": hosts, "vars": python}})
        self.playbooks.write("inventory/hosts.yml", inventory)

    def _write_collections(self) -> None:
        root = self.playbooks.folder / "collections/ansible_collections"
        ours = root / "longshore/containers"
        for folder in ("plugins", "playbooks", "roles", "meta"):
            shutil.copytree(ROOT / folder, ours / folder)
        for name in _DAEMON_MODULES:
            self._on_hosts(name).write_text(_RUN.replace("NAME", name))
        docker = root / "community/docker/plugins/modules/docker_container.py"
        self.playbooks.write(str(docker), _MODULE.replace("NAME", "docker_container"))

    def run_also(self, module: str, code: str) -> None:
        """Add Python at the end of what a module of ours runs on hosts."""
        with self._on_hosts(module).open("a") as handle:
            handle.write(code)

    def _on_hosts(self, module: str) -> Path:
        ours = self.playbooks.folder / "collections/ansible_collections/longshore/containers"
        return ours / f"plugins/module_utils/_{module}.py"

    def declare(self, **fields: Any) -> None:
        """Write the app `shop` with these fields."""
        variables = {"apps": {"shop": {**SHOP, **fields}}}
        self.playbooks.write("inventory/group_vars/all/apps.yml", variables)

    def answer(self, host: str, module: str, **result: Any) -> None:
        """Let a host's module answer this from now on."""
        self.playbooks.write(f"daemons/{host}/{module}.json", json.dumps(result))

    def break_switch(self, *hosts: str) -> None:
        """Let the new version never get healthy on these hosts."""
        for host in hosts:
            broken = {"failed": True, "outcome": "restored", "reason": "unhealthy", "msg": "it is"}
            self.answer(host, "container_switch", **broken)

    def end_before_staging(self) -> None:
        """Let a host have a problem, where all shows by then: the rest takes some seconds."""
        self.answer("h4", "container_preflight", failed=True, problems=["it is not to go on"])

    def silence(self, *hosts: str) -> None:
        """Let these hosts take a module and give no answer."""
        for host in hosts:
            self.answer(host, "container_preflight", seconds_of_silence=20)

    def take_over(self, host: str) -> HostilePython:
        """Put an attacker's Python in the place of a host's."""
        python = HostilePython(self.playbooks.folder, host)
        variables = {"ansible_python_interpreter": str(python.path)}
        self.playbooks.write(f"inventory/host_vars/{host}.yml", variables)
        return python

    def lose(self, host: str) -> None:
        """Let a host be unreachable."""
        lost = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
        self.playbooks.write(f"inventory/host_vars/{host}.yml", lost)
        inventory = self.playbooks.folder / "inventory/hosts.yml"
        content = json.loads(inventory.read_text())
        del content["web"]["hosts"][host]["ansible_connection"]
        inventory.write_text(json.dumps(content))

    def run(self, playbook: str, *arguments: str, **extra: Any) -> Playbooks:
        """Run one of the collection's playbooks for the app."""
        self._calls.unlink(missing_ok=True)
        name = f"longshore.containers.{playbook}"
        return self.playbooks.run(name, *arguments, **{"app": "shop", **extra})

    def deploy(self, *arguments: str, **extra: Any) -> Playbooks:
        """Run the playbook deploy for the app, with a digest."""
        return self.run("deploy", *arguments, **{"longshore_digest": DIGEST, **extra})

    @property
    def _calls(self) -> Path:
        return self._folder / "calls"

    def asked(self, module: str) -> list[str]:
        """Return the hosts on which a module ran in the last run, in this order."""
        return [host for host, _arguments in self._calls_of(module)]

    def processes(self, module: str) -> dict[str, str]:
        """Return the last process that ran a module, by host."""
        lines = (self._folder / "processes").read_text().splitlines()
        ran = (line.split() for line in lines)
        return {host: process for host, name, process in ran if name == module}

    def arguments(self, module: str) -> dict[str, dict[str, Any]]:
        """Return what a module was told in the last run, by host."""
        return dict(self._calls_of(module))

    def all_of(self, module: str) -> list[dict[str, Any]]:
        """Return what a module was told in each call of the last run, in this order."""
        return [told for _host, told in self._calls_of(module)]

    def all_arguments(self) -> str:
        """Return what all modules were told in the last run."""
        return self._calls.read_text() if self._calls.exists() else ""

    def _calls_of(self, module: str) -> list[tuple[str, dict[str, Any]]]:
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        calls = (line.split(" ", 2) for line in lines)
        return [(host, json.loads(told)) for host, name, told in calls if name == module]


def four_hosts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> StandIns:
    """Return hosts h1 to h4 in a folder, and have Ansible find their collection."""
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(folder / "collections"))
    return StandIns(Playbooks(folder), ("h1", "h2", "h3", "h4"))
