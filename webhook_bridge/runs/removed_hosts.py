# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a run the inventory has lost, so that nobody waits for them any longer."""

from __future__ import annotations

from collections.abc import Sequence

from webhook_bridge.config.app import App
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.runs import Work
from webhook_bridge.runs.inventory_reading import read_inventory
from webhook_bridge.store import Store, inventories


def removed_hosts(
    settings: Settings, store: Store, work: Work, report: RunReport, app: App | None
) -> tuple[str, ...]:
    """Return the hosts that a run was sent to and that are no hosts of its app any more.

    The run itself may have read an inventory that is broken or empty for a while: where it missed
    hosts, the inventory is read once more, and only one that is believed has lost them.
    """
    missing = [host for host in work.run.hosts if host not in report.expected]
    if not missing or app is None or report.exit_code is None:
        return ()
    read_inventory(settings, store, {work.run.app: app})
    with store.read() as connection:
        inventory = inventories.of_app(connection, work.run.app)
    return _lost(missing, inventory.hosts) if inventory and inventory.state == "read" else ()


def _lost(missing: Sequence[str], hosts: Sequence[str]) -> tuple[str, ...]:
    return tuple(host for host in missing if host not in hosts)
