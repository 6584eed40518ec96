# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts the apps have, as the inventory was read last, and which are gone for good."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from webhook_bridge.domain import app_state
from webhook_bridge.domain.inventory import (
    AppInventory,
    confirmed,
    confirmed_event,
    lost_hosts,
    still_new,
)
from webhook_bridge.errors import Refused
from webhook_bridge.operations.serializers import View
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import Store, events, host_states, inventories, releases


def inventory_views(connection: Connection, apps: Sequence[str]) -> list[View]:
    """Return the hosts of these apps, by name; of one whose hosts were never read, none."""
    found = inventories.of_apps(connection, apps)
    return [inventory_view(name, found.get(name)) for name in apps]


def inventory_view(name: str, inventory: AppInventory | None) -> View:
    """Return the hosts of one app and how the newest reading ended, for programs and for people."""
    known = AppInventory(name) if inventory is None else inventory
    return {
        "app": name,
        "state": "never read" if inventory is None else known.state,
        "hosts": list(known.hosts),
        "read_at": timestamp(known.read_at),
        "reason": known.reason,
        "lost": lost_hosts(known, known.fewer or ()) if known.fewer is not None else [],
        "new": list(known.new),
    }


def confirm(store: Store, name: str, *, actor: str, now: float) -> AppInventory:
    """Believe that the hosts which the inventory lost are gone, and return those that are left.

    Raises Refused where it has lost none that is in doubt.
    """
    with store.write() as connection:
        before = inventories.of_app(connection, name)
        after = None if before is None else confirmed(before, now=now)
        if before is None or after is None:
            raise Refused("nothing_lost", f"{name}: the inventory has lost no hosts that are known")
        after = still_new(after, host_states.of_app(connection, name))
        inventories.save(connection, after)
        host_states.forget_others(connection, name, after.hosts)
        row = releases.locked_app_row(connection, name)
        releases.save_app(connection, app_state.tried_again(row, now=now))
        events.record(connection, confirmed_event(before, after, actor=actor, now=now))
        return after
