# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture of all hosts needs: narrow rows of many hosts at once."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection, String, func, select, type_coerce

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.store.tables import host_state, release

# Without what is only needed to change a host: it would cost more to read than all the rest.
_LEFT_OUT = ("kept", "attempts", "due_at", "other_options")
_COLUMNS = [column for column in host_state.c if column.name not in _LEFT_OUT]
_OPTIONS = type_coerce(host_state.c.other_options, String).label("options")
_NO_OPTIONS = "[]"


def states(
    connection: Connection, apps: Collection[str], *, host: str = ""
) -> dict[str, list[HostState]]:
    """Return what is known of the hosts of each of these apps, by host name, without `kept`.

    With `host`, only of those whose name contains it.
    """
    query = select(*_COLUMNS, _OPTIONS).where(host_state.c.app.in_(apps))
    if host:
        query = query.where(host_state.c.host.contains(host, autoescape=True))
    names = [column.name for column in _COLUMNS]
    found: dict[str, list[HostState]] = {}
    for *row, options in connection.execute(query.order_by(host_state.c.host)):
        others = () if options == _NO_OPTIONS else tuple(json.loads(options))
        state = HostState(**dict(zip(names, row, strict=True)), other_options=others)
        found.setdefault(state.app, []).append(state)
    return found


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
