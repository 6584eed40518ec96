# SPDX-License-Identifier: GPL-3.0-or-later
"""All apps on all hosts, for people: what fails comes first, and what is fine is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.apps import Apps
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import AppRow, Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.host_signs import RANK, HostSign, Sign, host_sign
from webhook_bridge.operations.versions import Versions, versions_of
from webhook_bridge.store import fleet, holds, releases, runs

# So few are shown each, however well they are.
_FEW = 6
_MOST_CELLS = 8
# More that are alike, but for those that failed, are one line.
_MOST_ALIKE = 4

EACH = 25
"""So many hosts of an app are shown each where somebody asks for all; its own page has more."""


@dataclass(frozen=True)
class Group:
    """Hosts that are alike, counted instead of shown."""

    sign: Sign
    count: int
    version: str
    words: str


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
    active = [run.id for run in newest.values() if run.state == "running"]
    reported = runs.outcomes_of(connection, active) if active else {}
    states = fleet.states(connection, names, host=host)
    versions, held = versions_of(connection, names), holds.held_of(connection, names)
    views = [
        _overview(
            name,
            apps,
            rows.get(name, AppRow(name)),
            found,
            states.get(name, ()),
            newest.get(name),
            reported,
            versions[name],
            held.get(name, {}),
            each=each,
        )
        for name in names
        if not host or name in states
    ]
    views.sort(key=lambda one: (RANK[one.sign], one.name))
    hosts = {state.host for of_app in states.values() for state in of_app}
    return FleetOverview(views, len(hosts))


def _overview(  # noqa: PLR0917 -- what was loaded for all apps at once, in the order of loading
    name: str,
    apps: Apps,
    row: AppRow,
    found: Mapping[str, Release],
    states: Sequence[HostState],
    newest: Run | None,
    reported: Mapping[str, Mapping[str, Outcome]],
    versions: Versions,
    held: Mapping[str, str],
    *,
    each: int,
) -> AppOverview:
    release = found.get(row.release_id or "")
    run = newest if newest is not None and newest.state == "running" else None
    outcomes = {} if run is None else reported.get(run.id, {})
    signs = host_signs(states, release=release, versions=versions, run=run, outcomes=outcomes)
    cells, groups = shown(signs, each=each)
    return AppOverview(
        name=name,
        image=str(apps[name].image),
        track=str(apps[name].track),
        release=release,
        version="" if release is None else versions.of(release.digest),
        run=newest,
        is_due=row.generation > row.applied_generation,
        held=release is not None and release.digest in held,
        signs=Counter(one.sign for one in signs),
        cells=cells,
        groups=groups,
    )


def host_signs(
    states: Sequence[HostState],
    *,
    release: Release | None,
    versions: Versions,
    run: Run | None,
    outcomes: Mapping[str, Outcome],
) -> list[HostSign]:
    """Return the hosts of one app as they are shown, also those that only a run has told of."""
    known = {state.host: state for state in states}
    if run is not None:
        for host in outcomes:
            known.setdefault(host, HostState(run.app, host))
    digest = None if release is None else release.digest
    signs = [
        host_sign(state, digest=digest, versions=versions, run=run, outcome=outcomes.get(host))
        for host, state in known.items()
    ]
    return sorted(signs, key=lambda one: (RANK[one.sign], one.host))


def shown(
    signs: Sequence[HostSign], *, each: int = 0
) -> tuple[Sequence[HostSign], Sequence[Group]]:
    """Return the hosts that are cells of their own, and the others counted by what they are."""
    if len(signs) <= _FEW:
        return signs, ()
    alike = Counter(_kind_of(one) for one in signs)
    notable = [one for one in signs if _is_notable(one, alike[_kind_of(one)])]
    cells = signs[:each] if each else notable[:_MOST_CELLS]
    named = {one.host for one in cells}
    counted = Counter(_kind_of(one) for one in signs if one.host not in named)
    groups = [
        Group(sign, count, version, words) for (sign, version, words), count in counted.items()
    ]
    return cells, sorted(groups, key=lambda one: (RANK[one.sign], -one.count))


def _kind_of(host: HostSign) -> tuple[Sign, str, str]:
    return host.sign, host.version, host.words


def _is_notable(host: HostSign, alike: int) -> bool:
    if host.sign == "failed":
        return True
    return host.sign not in ("fine", "waiting") and alike <= _MOST_ALIKE
