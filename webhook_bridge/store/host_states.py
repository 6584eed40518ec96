# SPDX-License-Identifier: GPL-3.0-or-later
"""What each host is known to run of each app: from outcomes of runs and from what was observed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.hosts import HostState, KeptContainer
from webhook_bridge.store.tables import host_state


def of_app(connection: Connection, app: str) -> dict[str, HostState]:
    """Return what is known of each host of an app, by host name."""
    query = select(host_state).where(host_state.c.app == app).order_by(host_state.c.host)
    return {row["host"]: _state(row) for row in connection.execute(query).mappings()}


def of_apps(connection: Connection, apps: Collection[str]) -> dict[str, list[HostState]]:
    """Return what is known of the hosts of each of these apps, by host name."""
    query = select(host_state).where(host_state.c.app.in_(apps)).order_by(host_state.c.host)
    found: dict[str, list[HostState]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["app"], []).append(_state(row))
    return found


def save(connection: Connection, states: Sequence[HostState]) -> None:
    """Store states, in the place of what was known of these hosts."""
    for state in states:
        values = asdict(state)
        connection.execute(
            upsert(host_state)
            .values(**values)
            .on_conflict_do_update(index_elements=["app", "host"], set_=values)
        )


def forget_others(connection: Connection, app: str, hosts: Sequence[str]) -> None:
    """Forget the hosts of an app that are not among these: the inventory lost them."""
    connection.execute(
        delete(host_state).where(host_state.c.app == app, host_state.c.host.not_in(hosts))
    )


def forget(connection: Connection, app: str, hosts: Sequence[str]) -> None:
    """Forget what was known of these hosts of an app."""
    connection.execute(
        delete(host_state).where(host_state.c.app == app, host_state.c.host.in_(hosts))
    )


def try_all_again(connection: Connection, app: str) -> None:
    """Let every host be reconciled at once, however often it failed."""
    connection.execute(
        update(host_state).where(host_state.c.app == app).values(attempts=0, due_at=0.0)
    )


def _state(row: RowMapping) -> HostState:
    values: dict[str, Any] = dict(row)
    kept = tuple(KeptContainer(**one) for one in values["kept"])
    other_options = tuple(values["other_options"])
    return HostState(**{**values, "kept": kept, "other_options": other_options})
