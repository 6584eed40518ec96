# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the inventory, and store what follows for each app: hosts that are new, lost or in doubt."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.config.apps import Apps
from webhook_bridge.config.inventory_files import loss_policy
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain import app_state
from webhook_bridge.domain.inventory import (
    AppInventory,
    after_failure,
    after_reading,
    first_known,
    hosts_to_bring,
    reading_events,
    still_new,
)
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.inventory import InventoryAnswer, ask_hosts
from webhook_bridge.store import Store, events, holds, host_states, inventories, releases

_log = logging.getLogger(__name__)


def read_inventory(
    settings: Settings, store: Store, apps: Apps, *, stop: threading.Event | None = None
) -> bool:
    """Ask Ansible which hosts the apps have, and store it; return whether it had an answer."""
    try:
        answer = ask_hosts(settings, apps, stop=stop)
    except (ConfigurationError, OSError, ValueError) as error:
        if stop is None or not stop.is_set():
            _log.warning("inventory: cannot be read, the hosts stay as they were: %s", error)
            _store_failure(store, apps, str(error))
        return False
    _store_answer(settings, store, apps, answer)
    return True


def _store_failure(store: Store, apps: Apps, reason: str) -> None:
    with store.write() as connection:
        for name in apps:
            before = _known(connection, name)
            save_reading(connection, before, after_failure(before, reason), now=time.time())


def _store_answer(settings: Settings, store: Store, apps: Apps, answer: InventoryAnswer) -> None:
    now, policy = time.time(), loss_policy(settings)
    with store.write() as connection:
        for name in apps:
            before = _known(connection, name)
            if name in answer.problems:
                after = after_failure(before, answer.problems[name])
            else:
                after = after_reading(before, answer.hosts[name], policy, now=now)
            save_reading(connection, before, after, now=now)


def _known(connection: Connection, name: str) -> AppInventory:
    states = host_states.of_app(connection, name)
    return inventories.of_app(connection, name) or first_known(name, states)


def save_reading(
    connection: Connection, before: AppInventory | None, after: AppInventory, *, now: float
) -> None:
    """Store which hosts an app has, and forget what was known of those that it lost.

    What waited for want of hosts to go by is tried at once when they are known again.
    """
    if before is not None:
        events.record(connection, *reading_events(before, after, now=now))
    inventories.save(connection, after)
    if before is not None and before.state != "read" and after.state == "read":
        row = releases.locked_app_row(connection, after.app)
        releases.save_app(connection, app_state.tried_again(row, now=now))
    if after.state == "read":
        host_states.forget_others(connection, after.app, after.hosts)


def bring_new_hosts(store: Store, apps: Apps) -> list[str]:
    """Have the new hosts of all apps brought to what these run; return the apps that have some."""
    with store.read() as connection:
        waiting = {
            name for name, one in inventories.of_apps(connection, list(apps)).items() if one.new
        }
    if not waiting:
        return []
    with store.write() as connection:
        return [name for name in sorted(waiting) if _bring(connection, name, apps[name])]


def _bring(connection: Connection, name: str, app: App) -> bool:
    inventory = inventories.of_app(connection, name)
    if inventory is None:
        return False
    row, states = releases.locked_app_row(connection, name), host_states.of_app(connection, name)
    hosts = hosts_to_bring(
        inventory,
        row,
        releases.desired(connection, name),
        held=holds.held_digests(connection, name, options=app.options_fingerprint),
        states=states,
    )
    if hosts:
        _log.info("app %s: new in the inventory: %s", name, ", ".join(hosts))
        releases.save_app(connection, app_state.hosts_joined(row, hosts, now=time.time()))
    left = still_new(inventory, states, brought=hosts)
    if left != inventory:
        inventories.save(connection, left)
    return bool(hosts)
