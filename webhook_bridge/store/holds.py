# SPDX-License-Identifier: GPL-3.0-or-later
"""The digests that are held back, and those that only were not finished."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.releases import UNFINISHED
from webhook_bridge.store.tables import held

# What was only not finished is noted in the same table, for polls.
IS_HELD = held.c.reason != UNFINISHED


def hold(
    connection: Connection,
    name: str,
    digest: str,
    *,
    reason: str,
    run_id: str | None,
    now: float,
    options: str | None = None,
) -> None:
    """Keep a digest from being deployed again by itself, with these options or with any.

    `reason` is a HeldReason, or what `domain.releases.by_hand` makes of somebody's words.
    """
    values = {"reason": reason, "run_id": run_id, "held_at": now, "options": options}
    connection.execute(
        upsert(held)
        .values(app=name, digest=digest, **values)
        .on_conflict_do_update(index_elements=["app", "digest"], set_=values)
    )


def unhold(connection: Connection, name: str, digest: str) -> bool:
    """Allow a digest again: somebody asked for it by name; return whether it was held."""
    where = (held.c.app == name, held.c.digest == digest)
    was_held = connection.execute(select(held.c.digest).where(*where, IS_HELD)).first()
    connection.execute(delete(held).where(*where))
    return was_held is not None


def forgive(connection: Connection, name: str, digest: str) -> None:
    """Forget with which options a digest failed: it proved good by now."""
    by_options = held.c.options.is_not(None) | ~IS_HELD
    where = (held.c.app == name, held.c.digest == digest, by_options)
    connection.execute(delete(held).where(*where))


def held_digests(
    connection: Connection, name: str, *, options: str | None = None
) -> dict[str, str]:
    """Return the digests of an app that are held back, each with the reason.

    Those that failed with other options than these are not; without `options`, all are told.
    """
    query = select(held.c.digest, held.c.reason).where(held.c.app == name, IS_HELD)
    if options is not None:
        query = query.where(held.c.options.is_(None) | (held.c.options == options))
    return {row["digest"]: row["reason"] for row in connection.execute(query).mappings()}


def unfinished_digests(connection: Connection, name: str) -> dict[str, str | None]:
    """Return the digests that nothing speaks against, each with the options that it failed with."""
    query = select(held.c.digest, held.c.options)
    rows = connection.execute(query.where(held.c.app == name, held.c.reason == UNFINISHED))
    return {row.digest: row.options for row in rows}


def held_of(connection: Connection, names: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the digests of each of these apps that are held back, with the reasons."""
    query = select(held.c.app, held.c.digest, held.c.reason).where(held.c.app.in_(names), IS_HELD)
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.app, {})[row.digest] = row.reason
    return found
