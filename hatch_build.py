# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the collection into the wheel, at the place where Ansible looks for it.

`pip install longshore` brings the collection along: the ansible package makes site-packages a
collections folder, so `ansible-playbook longshore.containers.deploy` needs no configuration.

Never into an editable install: there the collection's folder is a link to the checkout, and
pip would take the checkout's files for its own and delete them at the next install.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_COLLECTION = ("LICENSE", "README.md", "galaxy.yml", "meta", "playbooks", "plugins", "roles")
_PLACE = "ansible_collections/longshore/containers"


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the collection's files to a wheel that is built to be installed as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what to add; `version` is "standard" or "editable"."""
        if version == "standard":
            build_data["force_include"] = {name: f"{_PLACE}/{name}" for name in _COLLECTION}
