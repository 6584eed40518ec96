# SPDX-License-Identifier: GPL-3.0-or-later
"""One app for people: its hosts, its releases with who brought each, and its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.domain.inventory import AppInventory
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.errors import Refused
from webhook_bridge.operations.fleet_overview import AppOverview, fleet_overview
from webhook_bridge.operations.reconcile import why_not
from webhook_bridge.operations.usual_duration import usual_seconds
from webhook_bridge.operations.versions import versions_of
from webhook_bridge.store import holds, inventories, releases, run_history

_MOST_RUNS = 10
_MOST_HOSTS = 5000
RELEASES_A_PAGE = 20


@dataclass(frozen=True)
class ReleaseLine:
    """One release as shown in a list; `held` is why its digest is held, None where it is not."""

    release: Release
    version: str
    is_desired: bool
    held: str | None


@dataclass(frozen=True)
class AppDetails:
    """All that the page of an app shows."""

    overview: AppOverview
    releases: Sequence[ReleaseLine]
    has_more: bool
    runs: Sequence[Run]
    held: Mapping[str, str]
    """Why each digest is held that is not among the releases shown."""
    usual_seconds: float | None
    inventory: AppInventory | None
    no_retry: Refused | None
    """Why hosts that differ are not retried now; None where they are, if somebody asks for it."""


def app_details(
    connection: Connection, name: str, app: App, *, host: str = "", before: int | None = None
) -> AppDetails:
    """Return one app; `before` is the generation that its releases end before."""
    [overview] = fleet_overview(connection, {name: app}, each=_MOST_HOSTS).apps
    if host:
        cells = [cell for cell in overview.cells if host in cell.host]
        overview = AppOverview(**{**vars(overview), "cells": cells})
    generation = before or (1 << 31)
    found = releases.earlier(connection, name, generation=generation, limit=RELEASES_A_PAGE + 1)
    held, versions = holds.held_digests(connection, name), versions_of(connection, [name])[name]
    desired = overview.release
    lines = [
        ReleaseLine(
            one,
            versions.of(one.digest),
            desired is not None and one.id == desired.id,
            held.get(one.digest),
        )
        for one in found[:RELEASES_A_PAGE]
    ]
    shown = {line.release.digest for line in lines}
    return AppDetails(
        overview=overview,
        releases=lines,
        has_more=len(found) > RELEASES_A_PAGE,
        runs=run_history.rollouts(connection, name, limit=_MOST_RUNS),
        held={digest: why for digest, why in held.items() if digest not in shown},
        usual_seconds=usual_seconds(connection, name),
        inventory=inventories.of_app(connection, name),
        no_retry=why_not(connection, name),
    )
