# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts each app has, as the inventory was read last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.store.tables import app_inventory


def of_app(connection: Connection, app: str) -> AppInventory | None:
    """Return the hosts of an app; None where the inventory was never read for it."""
    return of_apps(connection, [app]).get(app)


def of_apps(connection: Connection, apps: Collection[str]) -> dict[str, AppInventory]:
    """Return the hosts of those of these apps for which the inventory was read."""
    query = select(app_inventory).where(app_inventory.c.app.in_(apps))
    return {row["app"]: _inventory(row) for row in connection.execute(query).mappings()}


def save(connection: Connection, inventory: AppInventory) -> None:
    """Store the hosts of an app, in the place of what was known."""
    values = asdict(inventory)
    connection.execute(
        upsert(app_inventory)
        .values(**values)
        .on_conflict_do_update(index_elements=["app"], set_=values)
    )


def in_doubt(connection: Connection) -> bool:
    """Say whether a reading is not believed yet, or had no answer."""
    query = select(app_inventory.c.app).where(app_inventory.c.state != "read").limit(1)
    return connection.scalar(query) is not None


def read_again(connection: Connection, *, now: float) -> None:
    """Note that the inventory says what it said before."""
    same = update(app_inventory).where(app_inventory.c.state == "read")
    connection.execute(same.values(read_at=now))


def forget(connection: Connection, app: str) -> None:
    """Forget the hosts of an app."""
    connection.execute(delete(app_inventory).where(app_inventory.c.app == app))


def _inventory(row: RowMapping) -> AppInventory:
    values: dict[str, Any] = dict(row)
    fewer = values["fewer"]
    return AppInventory(
        **{
            **values,
            "hosts": tuple(values["hosts"]),
            "fewer": None if fewer is None else tuple(fewer),
            "new": tuple(values["new"]),
        }
    )
