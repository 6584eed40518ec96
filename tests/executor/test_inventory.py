# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts an app has: Ansible itself is asked, as a run asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installation import Installation
from webhook_bridge.config.apps import load_apps
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.inventory import hosts_of_apps

pytestmark = pytest.mark.matrix

PLUGIN = """
DOCUMENTATION = "name: made\\nshort_description: made\\noptions: {plugin: {description: it}}"
from ansible.plugins.inventory import BaseInventoryPlugin

class InventoryModule(BaseInventoryPlugin):
    NAME = "acme.made.made"

    def parse(self, inventory, loader, path, cache=True):
        inventory.add_group("web")
        inventory.add_host("from-plugin", group="web")
"""


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder)


def hosts(installation: Installation) -> list[str]:
    settings = installation.settings()
    return hosts_of_apps(settings, load_apps(settings.ansible.apps_file))["shop"]


@pytest.mark.parametrize("pattern", ["localhost", "web:localhost", "web,127.0.0.1"])
def test_a_pattern_that_names_this_machine_where_the_inventory_does_not_is_refused(
    installation: Installation, pattern: str
) -> None:
    installation.write_app("shop", hosts=pattern)

    with pytest.raises(ConfigurationError, match=r"apps\.shop\.hosts: .* names this machine"):
        hosts(installation)


def test_this_machine_is_a_host_where_the_inventory_has_it(installation: Installation) -> None:
    installation.write_inventory("h1", "localhost")
    installation.write_app("shop", hosts="web:localhost")

    assert hosts(installation) == ["h1", "localhost"]


def test_an_inventory_plugin_of_a_collection_is_found_as_in_a_run(
    installation: Installation,
) -> None:
    collections = installation.folder / "collections"
    plugin = collections / "ansible_collections/acme/made/plugins/inventory/made.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(PLUGIN)
    (installation.folder / "inventory" / "hosts.yml").unlink()
    (installation.folder / "inventory" / "made.yml").write_text("plugin: acme.made.made\n")
    configured(
        installation,
        f"[defaults]\ncollections_path = {collections}\n"
        "[inventory]\nenable_plugins = acme.made.made\n",
    )

    assert hosts(installation) == ["from-plugin"]


def test_an_encrypted_inventory_is_read_with_the_password_of_a_run(
    installation: Installation,
) -> None:
    password = installation.folder / "vault-password"
    password.write_text("correct horse")
    subprocess.run(
        [
            Path(sys.executable).with_name("ansible-vault"),
            "encrypt",
            "--vault-password-file",
            password,
            installation.folder / "inventory" / "hosts.yml",
        ],
        check=True,
        capture_output=True,
    )
    with installation.file.open("a") as settings:
        settings.write(f'\n[ansible]\nvault_password_file = "{password}"\n')

    assert hosts(installation) == ["h1", "h2", "h3"]


def test_an_inventory_that_is_not_read_in_time_is_an_error(installation: Installation) -> None:
    apps = load_apps(installation.apps_file)

    with pytest.raises(ConfigurationError, match=r"inventory: not read within 0\.001 s"):
        hosts_of_apps(installation.settings(), apps, timeout_s=0.001)


def test_an_inventory_that_cannot_be_read_is_told_in_one_line(installation: Installation) -> None:
    (installation.folder / "inventory" / "hosts.yml").write_text("web: [")

    with pytest.raises(ConfigurationError) as refused:
        hosts(installation)

    assert json.dumps(str(refused.value)).count("\\n") == 0


def configured(installation: Installation, text: str) -> None:
    file = installation.folder / "mine.cfg"
    file.write_text(text)
    with installation.file.open("a") as settings:
        settings.write(f'\n[ansible]\nconfig = "{file}"\n')
