# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture of all hosts needs: narrow rows of many hosts at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, func, select, type_coerce

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.store.tables import host_state, release

# Without what is only needed to change a host: it would cost more to read than all the rest.
_LEFT_OUT = ("kept", "attempts", "due_at", "other_options")
_COLUMNS = [column for column in host_state.c if column.name not in _LEFT_OUT]
_OPTIONS = type_coerce(host_state.c.other_options, String).label("options")
_NAMES = [column.name for column in _COLUMNS]
_NO_OPTIONS = "[]"


# Hosts of an app that agree in these are shown alike: what `domain.drift` and
# `operations.host_signs` look at. Two hosts that differ in a name of their own may agree in whether
# it is the one that a run of ours left there.
_ALIKE_IN = (
    host_state.c.app,
    host_state.c.reached,
    host_state.c.seen_at.is_(None),
    host_state.c.digest,
    host_state.c.health,
    host_state.c.rejected_digest,
    host_state.c.failed,
    host_state.c.container != host_state.c.deployed_container,
    host_state.c.container_id != host_state.c.deployed_container_id,
    host_state.c.deployed_container.is_(None),
    host_state.c.daemon != host_state.c.deployed_daemon,
    host_state.c.extra_container.is_(None),
    host_state.c.other_options,
)


@dataclass(frozen=True)
class Alike:
    """Hosts of one app in the same state: how many, and the first of them by name."""

    count: int
    states: list[HostState]


def states(
    connection: Connection, apps: Collection[str], *, host: str = ""
) -> dict[str, list[HostState]]:
    """Return what is known of the hosts of each of these apps, by host name, without `kept`.

    With `host`, only of those whose name contains it.
    """
    query = select(*_COLUMNS, _OPTIONS).where(*_wanted(apps, host)).order_by(host_state.c.host)
    found: dict[str, list[HostState]] = {}
    for row in connection.execute(query):
        state = _state(row)
        found.setdefault(state.app, []).append(state)
    return found


def alike(
    connection: Connection, apps: Collection[str], *, first: int, host: str = ""
) -> dict[str, list[Alike]]:
    """Return the same, where many hosts are alike: of these the `first` ones, and their number.

    The database counts them: of thousands of hosts, few rows are read.
    """
    same: dict[str, Any] = {"partition_by": _ALIKE_IN, "order_by": host_state.c.host}
    counted = func.count().over(partition_by=_ALIKE_IN).label("alike")
    leader = func.first_value(host_state.c.host).over(**same).label("leader")
    place = func.row_number().over(**same).label("place")
    every = select(*_COLUMNS, _OPTIONS, counted, leader, place).where(*_wanted(apps, host))
    rows = every.subquery()
    found: dict[str, dict[str, Alike]] = {}
    query = select(rows).where(rows.c.place <= first).order_by(rows.c.place)
    for *row, count, led_by, _ in connection.execute(query):
        state = _state(row)
        group = found.setdefault(state.app, {}).setdefault(led_by, Alike(count, []))
        group.states.append(state)
    return {app: list(groups.values()) for app, groups in found.items()}


def count_hosts(connection: Connection, apps: Collection[str], *, host: str = "") -> int:
    """Return how many hosts these apps have together; `host` as in `states`."""
    query = select(func.count(host_state.c.host.distinct())).where(*_wanted(apps, host))
    return connection.scalar(query) or 0


def _wanted(apps: Collection[str], host: str) -> list[ColumnElement[bool]]:
    named = [host_state.c.host.contains(host, autoescape=True)] if host else []
    return [host_state.c.app.in_(apps), *named]


def _state(row: Iterable[Any]) -> HostState:
    *values, options = row
    others = () if options == _NO_OPTIONS else tuple(json.loads(options))
    return HostState(**dict(zip(_NAMES, values, strict=True)), other_options=others)


def tags(connection: Connection, apps: Collection[str]) -> dict[str, dict[str, str]]:
    """Return for each of these apps the tag that each of its digests was last released with."""
    newest = (
        select(func.max(release.c.seq))
        .where(release.c.app.in_(apps), release.c.tag.is_not(None))
        .group_by(release.c.app, release.c.digest)
    )
    query = select(release.c.app, release.c.digest, release.c.tag)
    found: dict[str, dict[str, str]] = {}
    for app, digest, tag in connection.execute(query.where(release.c.seq.in_(newest))):
        found.setdefault(app, {})[digest] = tag
    return found
