# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of the apps on the command line."""

from __future__ import annotations

import pytest

from tests.support.commands import V1, as_json, longshore, released
from tests.support.installation import Installation
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.store import inventories
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def keep(installation: Installation, inventory: AppInventory) -> None:
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        inventories.save(connection, inventory)
    store.close()


def test_the_inventory_is_read_where_that_is_asked_for(installation: Installation) -> None:
    never = as_json("inventory", "list", config=installation.file)
    read = as_json("inventory", "list", "--read", config=installation.file)
    shown = longshore("inventory", "list", config=installation.file)

    assert never["inventory"][0]["state"] == "never read"
    assert read["inventory"][0]["hosts"] == ["h1", "h2", "h3"]
    assert "shop  read   3      h1, h2, h3" in shown.stdout


def test_hosts_in_doubt_end_the_list_with_3_until_they_are_confirmed(
    installation: Installation,
) -> None:
    lost = "the inventory has lost 2 of the 3 hosts of shop: h2, h3"
    keep(installation, AppInventory("shop", ("h1", "h2", "h3"), 0.0, "shrank", lost, ("h1",), 1.0))

    listed = longshore("inventory", "list", config=installation.file)
    confirmed = longshore("inventory", "confirm", "shop", config=installation.file)
    again = longshore("inventory", "confirm", "shop", config=installation.file)

    assert (listed.returncode, lost in listed.stdout) == (3, True)
    assert (confirmed.returncode, confirmed.stdout) == (0, "shop: its hosts are h1\n")
    assert again.returncode == 4


def test_status_says_why_the_hosts_are_in_doubt(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    keep(installation, AppInventory("shop", ("h1",), 0.0, "failed", "Request limit exceeded."))

    shown = longshore("status", config=installation.file)

    assert shown.returncode == 3
    assert "Request limit exceeded. (hosts as of" in " ".join(shown.stdout.split())
