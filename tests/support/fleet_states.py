# SPDX-License-Identifier: GPL-3.0-or-later
"""A store as runs and looks leave it: releases, and what hosts are known to run."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import insert

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import NewRelease, Release, ReleaseState
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import releases
from webhook_bridge.store.tables import host_state


def desire(
    bridge: Bridge,
    digest: str,
    *,
    tag: str | None,
    state: ReleaseState = "desired",
    app: str = "shop",
    actor: str = "me",
) -> Release:
    """Make a digest the desired one of an app; any state but `desired` is that of a run's end."""
    with bridge.store.write() as connection:
        new = NewRelease(app, "r/acme/shop", tag, digest, "deploy", actor)
        release = releases.desire(connection, new, now=1_780_000_000.0)
        if state != "desired":
            releases.mark(connection, release.id, state)
            row = releases.locked_app_row(connection, app)
            releases.save_app(
                connection, type(row)(**{**vars(row), "applied_generation": row.generation})
            )
    return release


def healthy(host: str, digest: str, *, app: str = "shop", health: str = "healthy") -> HostState:
    """Return a host that was reached and runs a digest."""
    return HostState(app, host, reached=True, seen_at=1_780_000_000.0, digest=digest, health=health)


def save(bridge: Bridge, *states: HostState) -> None:
    """Store them, all at once."""
    with bridge.store.write() as connection:
        connection.execute(insert(host_state), [asdict(state) for state in states])
