# SPDX-License-Identifier: GPL-3.0-or-later
"""What deliveries led to, and what came by hook and by polling: counted, for people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from webhook_bridge.domain.releases import Release
from webhook_bridge.store import releases
from webhook_bridge.store.tables import delivery, rejected, release

_POLL = "poll"


@dataclass(frozen=True)
class HookTraffic:
    """What a hook received: how many deliveries are kept, when the last came, and its verdict."""

    count: int = 0
    last_at: float | None = None
    last_id: str | None = None
    last_verdict: str | None = None
    refused: int = 0
    last_refused_at: float | None = None
    last_refusal: str | None = None


@dataclass(frozen=True)
class FoundByPoll:
    """A push that nobody told of."""

    app: str
    tag: str | None
    at: float
    delivery_id: str


def releases_of(
    connection: Connection, delivery_ids: Collection[str]
) -> dict[str, Sequence[Release]]:
    """Return the releases that each of these deliveries led to."""
    query = select(release.c.id).where(release.c.delivery_id.in_(delivery_ids))
    found: dict[str, list[Release]] = {}
    for one in releases.many(connection, connection.scalars(query).all()).values():
        found.setdefault(str(one.delivery_id), []).append(one)
    return dict(found)


def traffic(connection: Connection, hooks: Collection[str]) -> dict[str, HookTraffic]:
    """Return what each of these hooks received."""
    return {hook: _traffic(connection, hook) for hook in hooks}


def _traffic(connection: Connection, hook: str) -> HookTraffic:
    count, newest = connection.execute(
        select(func.count(), func.max(delivery.c.seq)).where(delivery.c.hook == hook)
    ).one()
    refused, last_refused = connection.execute(
        select(func.count(), func.max(rejected.c.seq)).where(rejected.c.hook == hook)
    ).one()
    last = connection.execute(
        select(delivery.c.received_at, delivery.c.id, delivery.c.verdict).where(
            delivery.c.seq == newest
        )
    ).first()
    refusal = connection.execute(
        select(rejected.c.received_at, rejected.c.detail).where(rejected.c.seq == last_refused)
    ).first()
    last_at, last_id, last_verdict = (None, None, None) if last is None else last
    refused_at, reason = (None, None) if refusal is None else refusal
    return HookTraffic(count, last_at, last_id, last_verdict, refused, refused_at, reason)


def brought_by(connection: Connection, hook: str) -> set[str]:
    """Return the apps of which a hook brought a release."""
    query = (
        select(release.c.app)
        .join(delivery, delivery.c.id == release.c.delivery_id)
        .where(delivery.c.hook == hook)
        .distinct()
    )
    return set(connection.scalars(query))


def found_by_poll(
    connection: Connection, apps: Collection[str], *, since: float, limit: int
) -> list[FoundByPoll]:
    """Return the releases of these apps that polling brought since a time, the newest first."""
    query = (
        select(release.c.app, release.c.tag, release.c.created_at, release.c.delivery_id)
        .join(delivery, delivery.c.id == release.c.delivery_id)
        .where(delivery.c.source == _POLL, release.c.app.in_(apps), release.c.created_at > since)
        .order_by(release.c.seq.desc())
        .limit(limit)
    )
    return [FoundByPoll(*row) for row in connection.execute(query)]
