# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what is shown of each app has changed: triggers count it with the change itself.

So a page that shows apps knows whether it is right by one look at a few rows, whoever changed
something, and no delivery that concerns none of them makes it be rendered again (docs/adr/0032).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Integer, String, Table, select

from webhook_bridge.store.tables import metadata

EVERY_APP = ""
"""Stands in place of an app for what is of no single one: the labels of an image."""

app_change = Table(
    "app_change",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
)

# Where the app of a row is found, by table; OLD or NEW stands for {row}.
_OF_RUN = "coalesce((SELECT app FROM run WHERE id = {row}.run_id), '')"
_APPS = {
    "app": "{row}.name",
    "release": "{row}.app",
    "held": "{row}.app",
    "run": "{row}.app",
    "outcome": _OF_RUN,
    "run_steps": _OF_RUN,
    "host_state": "{row}.app",
    "app_inventory": "{row}.app",
    "image_labels": "''",
}
_ROWS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
_COUNT = (
    "INSERT INTO app_change (app, count) {app} "
    "ON CONFLICT (app) DO UPDATE SET count = app_change.count + 1"
)
# Of a delivery, a run's page shows when it came; it is written before its release is.
_OF_DELIVERY = "SELECT app, 1 FROM release WHERE delivery_id = OLD.id"


def counts(connection: Connection) -> dict[str, int]:
    """Return by app how often something of it has changed; each change makes it greater."""
    rows = connection.execute(select(app_change.c.app, app_change.c.count))
    return {app: count for app, count in rows}  # noqa: C416 -- mypy takes rows for no pairs


def count_from_now_on(connection: Connection) -> None:
    """Make the triggers anew: a migration that rebuilds a table takes those on it away."""
    for name, on, counted in _triggers():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} AFTER {on} BEGIN {counted}; END")


def _triggers() -> Iterator[tuple[str, str, str]]:
    """Yield the name of each trigger, what it follows, and what it does."""
    for table, app in _APPS.items():
        for change, row in _ROWS.items():
            counted = _COUNT.format(app=f"VALUES ({app.format(row=row)}, 1)")
            yield f"count_{table}_{change.lower()}", f"{change} ON {table}", counted
    yield "count_delivery_delete", "DELETE ON delivery", _COUNT.format(app=_OF_DELIVERY)
