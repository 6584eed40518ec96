# SPDX-License-Identifier: GPL-3.0-or-later
"""All apps on all hosts, for people: what fails comes first, and what is fine is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.host_groups import (
    MOST_CELLS,
    Group,
    Hosts,
    hosts_alike,
    hosts_in_run,
    shown,
)
from webhook_bridge.operations.host_signs import RANK, HostSign, Sign
from webhook_bridge.operations.versions import Versions, versions_of
from webhook_bridge.store import fleet, holds, releases, runs

EACH = 25
"""So many hosts of an app are shown each where somebody asks for all; its own page has more."""


@dataclass(frozen=True)
class AppOverview:
    """One app: what should run, how many hosts do, and the hosts that are worth a look."""

    name: str
    image: str
    track: str
    release: Release | None
    version: str
    run: Run | None
    """The newest run that may change a host."""
    is_due: bool
    """Whether a run for its release has yet to start."""
    held: bool
    signs: Counter[Sign]
    cells: Sequence[HostSign]
    groups: Sequence[Group]

    @property
    def total(self) -> int:
        """The number of hosts."""
        return self.signs.total()

    @property
    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self.run is not None and self.run.state == "running"

    @property
    def sign(self) -> Sign:
        """The worst of its hosts; of an app that is under way or was never deployed, waiting."""
        present = [sign for sign, count in self.signs.items() if count]
        if self.release is None or not present:
            return "waiting"
        worst = min(present, key=RANK.__getitem__)
        busy = worst == "fine" and (self.is_running or self.is_due)
        return "waiting" if busy else worst

    @property
    def since(self) -> float | None:
        """When its hosts had got the release: seconds since the epoch; None before."""
        if self.release is None:
            return None
        if self.run is None or self.run.release_id != self.release.id:
            return self.release.created_at
        return self.run.ended_at


@dataclass(frozen=True)
class FleetOverview:
    """All apps, those first that need somebody."""

    apps: Sequence[AppOverview]
    hosts: int

    def with_sign(self, *signs: Sign) -> list[AppOverview]:
        """Return the apps whose worst host has one of these signs."""
        return [one for one in self.apps if one.sign in signs]

    @property
    def running(self) -> list[AppOverview]:
        """The apps of which a run goes on."""
        return [one for one in self.apps if one.is_running]


def fleet_overview(
    connection: Connection, apps: Apps, *, host: str = "", each: int = 0
) -> FleetOverview:
    """Return these apps on their hosts; `host` is a part of the names of those that count.

    With `each`, the first so many hosts of every app are cells, however well they are.
    """
    names = sorted(apps)
    rows = {row.name: row for row in releases.app_rows(connection)}
    found = releases.many(
        connection, [one.release_id for name in names if (one := rows.get(name)) and one.release_id]
    )
    newest = runs.newest(connection, names)
    versions, held = versions_of(connection, names), holds.held_of(connection, names)
    desired = {
        name: found.get(row.release_id or "") if (row := rows.get(name)) else None for name in names
    }
    hosts = _hosts(connection, desired, versions, newest, host=host, each=each)
    views = [
        _overview(
            name,
            apps,
            rows.get(name, AppRow(name)),
            desired[name],
            hosts.get(name, Hosts()),
            newest.get(name),
            versions[name],
            held.get(name, {}),
            each=each,
        )
        for name in names
        if not host or name in hosts
    ]
    views.sort(key=lambda one: (RANK[one.sign], one.name))
    return FleetOverview(views, fleet.count_hosts(connection, names, host=host))


def _hosts(
    connection: Connection,
    releases_of: Mapping[str, Release | None],
    versions: Mapping[str, Versions],
    newest: Mapping[str, Run],
    *,
    host: str,
    each: int,
) -> dict[str, Hosts]:
    """Return the hosts of each of these apps that has any."""
    running = {app: run for app, run in newest.items() if run.state == "running"}
    calm = [app for app in releases_of if app not in running]
    alike = fleet.alike(connection, calm, first=max(each, MOST_CELLS), host=host)
    found = {
        app: hosts_alike(groups, release=releases_of[app], versions=versions[app])
        for app, groups in alike.items()
    }
    if running:
        found |= _hosts_in_runs(connection, releases_of, versions, running, host=host)
    return found


def _hosts_in_runs(
    connection: Connection,
    releases_of: Mapping[str, Release | None],
    versions: Mapping[str, Versions],
    running: Mapping[str, Run],
    *,
    host: str,
) -> dict[str, Hosts]:
    """Return the hosts of apps of which a run goes on, with what each has reported."""
    states = fleet.states(connection, running, host=host)
    reported = runs.outcomes_of(connection, [one.id for one in running.values()])
    return {
        app: hosts_in_run(
            states.get(app, ()),
            release=releases_of[app],
            versions=versions[app],
            run=run,
            outcomes={
                name: outcome
                for name, outcome in reported.get(run.id, {}).items()
                if host.lower() in name.lower()
            },
        )
        for app, run in running.items()
        if not host or app in states
    }


def _overview(  # noqa: PLR0917 -- what was loaded for all apps at once, in the order of loading
    name: str,
    apps: Apps,
    row: AppRow,
    release: Release | None,
    hosts: Hosts,
    newest: Run | None,
    versions: Versions,
    held: Mapping[str, str],
    *,
    each: int,
) -> AppOverview:
    cells, groups = shown(hosts, each=each)
    return AppOverview(
        name=name,
        image=str(apps[name].image),
        track=str(apps[name].track),
        release=release,
        version="" if release is None else versions.of(release.digest),
        run=newest,
        is_due=row.generation > row.applied_generation,
        held=release is not None and release.digest in held,
        signs=hosts.signs,
        cells=cells,
        groups=groups,
    )
