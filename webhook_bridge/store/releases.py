# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired state: the row of each app, and the releases behind it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain import app_state
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.releases import (
    REPLACED,
    UNFINISHED,
    AppRow,
    Cause,
    NewRelease,
    Release,
    ReleaseState,
)
from webhook_bridge.store.release_rows import RELEASES, release_of
from webhook_bridge.store.tables import (
    app,
    app_inventory,
    held,
    host_state,
    last_outcome,
    release,
    run,
)


def app_row(connection: Connection, name: str) -> AppRow:
    """Return the row of an app as it is; before anybody wished for anything, a row without."""
    found = connection.execute(select(app).where(app.c.name == name)).mappings().first()
    return AppRow(name) if found is None else _app_row(found)


def locked_app_row(connection: Connection, name: str) -> AppRow:
    """Return the row of an app for a transaction that will change it: nobody else can meanwhile.

    SQLite's write transaction is that lock, FOR UPDATE that of other databases. The row is made
    when there is none: what is not there cannot be locked.
    """
    query = select(app).where(app.c.name == name).with_for_update()
    found = connection.execute(query).mappings().first()
    if found is None:
        new = _columns(_first_row(connection, name))
        connection.execute(upsert(app).values(**new).on_conflict_do_nothing())
        found = connection.execute(query).mappings().one()
    return _app_row(found)


def _first_row(connection: Connection, name: str) -> AppRow:
    """Return the first row of an app; of one that was removed before, it counts on.

    The history of a removed app stays: a generation or an epoch that comes twice would make its
    old runs those of a new release, and a worker that was thought dead the owner of the app.
    """
    generation, epoch = connection.execute(
        select(func.max(run.c.generation), func.max(run.c.epoch)).where(run.c.app == name)
    ).one()
    released = select(func.max(release.c.generation)).where(release.c.app == name)
    last = max(generation or 0, connection.scalar(released) or 0)
    return AppRow(name, generation=last, applied_generation=last, epoch=epoch or 0)


def latest_generation(connection: Connection, name: str) -> tuple[int, Cause | None]:
    """Return how many wishes there have been for an app, and what brought the release it has."""
    query = (
        select(app.c.generation, release.c.cause)
        .outerjoin(release, release.c.id == app.c.release_id)
        .where(app.c.name == name)
    )
    found = connection.execute(query).first()
    return (0, None) if found is None else (found[0], found[1])


def of_delivery(connection: Connection, delivery_id: str) -> list[Release]:
    """Return the releases that a delivery led to, the oldest first."""
    query = select(release.c.id).where(release.c.delivery_id == delivery_id)
    return [find(connection, one) for one in connection.scalars(query.order_by(release.c.seq))]


def app_rows(connection: Connection) -> list[AppRow]:
    """Return the rows of all apps that anybody ever wished something for, by name."""
    rows = connection.execute(select(app).order_by(app.c.name)).mappings()
    return [_app_row(row) for row in rows]


def owners(connection: Connection) -> dict[str, str]:
    """Return the worker of each app that is being worked on."""
    query = select(app.c.name, app.c.owner).where(app.c.owner.is_not(None))
    return {row.name: row.owner for row in connection.execute(query)}


def save_app(connection: Connection, row: AppRow) -> None:
    """Write the row of an app, which `locked_app_row` has locked before."""
    connection.execute(update(app).where(app.c.name == row.name).values(**_columns(row)))


def swap_app(connection: Connection, old: AppRow, new: AppRow) -> bool:
    """Write what differs between two rows; return False where the old one is not there any more.

    For a row that was not locked: what was read may be old by now, the condition is not. Who
    works on the app, and for which wish, is what must not have changed.
    """
    before, after = _columns(old), _columns(new)
    changed = {key: value for key, value in after.items() if value != before[key]}
    written = connection.execute(
        update(app)
        .where(app.c.name == old.name, app.c.owner.is_not_distinct_from(old.owner))
        .where(app.c.epoch == old.epoch, app.c.generation == old.generation)
        .values(**changed)
    )
    return written.rowcount == 1


def _columns(row: AppRow) -> dict[str, Any]:
    return {
        **vars(row),
        "restore_targets": {host: asdict(kept) for host, kept in row.restore_targets.items()},
    }


def _app_row(row: RowMapping) -> AppRow:
    restore_targets = {host: KeptContainer(**kept) for host, kept in row["restore_targets"].items()}
    return AppRow(**{**row, "restore_targets": restore_targets})


def desire(connection: Connection, new: NewRelease, *, now: float) -> Release:
    """Make a release the desired one of its app: a new row and the next generation."""
    row = locked_app_row(connection, new.app)
    identifier = str(uuid.uuid4())
    wished = app_state.desired(row, identifier)
    supersede = update(release).where(release.c.app == new.app, release.c.state == "desired")
    connection.execute(supersede.values(state="superseded"))
    connection.execute(
        insert(release).values(
            **vars(new),
            id=identifier,
            generation=wished.generation,
            created_at=now,
            state="desired",
        )
    )
    save_app(connection, wished)
    return find(connection, identifier)


def find(connection: Connection, identifier: str) -> Release:
    """Return one release by its id."""
    query = RELEASES.where(release.c.id == identifier)
    return release_of(connection.execute(query).mappings().one())


def many(connection: Connection, identifiers: Collection[str]) -> dict[str, Release]:
    """Return releases by their ids."""
    query = RELEASES.where(release.c.id.in_(identifiers))
    return {row["id"]: release_of(row) for row in connection.execute(query).mappings()}


def desired(connection: Connection, name: str) -> Release | None:
    """Return the release that an app should run, None before the first."""
    identifier = app_row(connection, name).release_id
    return None if identifier is None else find(connection, identifier)


def last_tag(connection: Connection, name: str, *, image: str, digest: str) -> str | None:
    """Return the tag of the newest release of an app that had this digest and a tag, if any had."""
    query = (
        select(release.c.tag)
        .where(release.c.app == name, release.c.image == image, release.c.digest == digest)
        .where(release.c.tag.is_not(None))
        .order_by(release.c.seq.desc())
        .limit(1)
    )
    return connection.scalar(query)


def first_released_at(
    connection: Connection, name: str, digests: Collection[str]
) -> dict[str, float]:
    """Return when each of these digests first became a release of the app, if it ever did.

    That a digest was gone back to later, or deployed again, does not make it newer.
    """
    query = (
        select(release.c.digest, func.min(release.c.created_at).label("at"))
        .where(release.c.app == name, release.c.digest.in_(digests))
        .group_by(release.c.digest)
    )
    return {row.digest: row.at for row in connection.execute(query)}


def mark(connection: Connection, identifier: str, state: ReleaseState) -> None:
    """Record what became of a release."""
    connection.execute(update(release).where(release.c.id == identifier).values(state=state))


def last_good(connection: Connection, name: str, *, other_than: str) -> Release | None:
    """Return the newest release of an app that proved good, has another digest and is not bad.

    A digest that was only replaced by hand is held too, but nothing speaks against it.
    """
    query = _good(name).where(release.c.digest != other_than)
    return _first(connection, query)


def before(connection: Connection, of: Release) -> Release | None:
    """Return the release that an app goes back to when this one fails.

    It proved good and nothing speaks against it; that a rollback, which failed now, had left it
    does not count.
    """
    seq = select(release.c.seq).where(release.c.id == of.id).scalar_subquery()
    forgiven = ("rolled back",) if of.cause == "rollback" else ()
    return _first(connection, _good(of.app, forgiven=forgiven).where(release.c.seq < seq))


def rollback_targets(connection: Connection, name: str, *, limit: int) -> tuple[str, ...]:
    """Return the digests that a rollback could go to, the newest first."""
    current = desired(connection, name)
    query = _good(name).where(release.c.digest != (current.digest if current else ""))
    digests = [found["digest"] for found in connection.execute(query).mappings()]
    return tuple(dict.fromkeys(digests))[:limit]


def _good(name: str, *, forgiven: Collection[str] = ()) -> Select[Any]:
    """Return the query for the good releases of an app whose digest nothing speaks against."""
    on_hold = select(held.c.digest).where(
        held.c.app == name, held.c.reason.not_in([REPLACED, UNFINISHED, *forgiven])
    )
    return (
        RELEASES.where(release.c.app == name, release.c.state == "good")
        .where(release.c.digest.not_in(on_hold))
        .order_by(release.c.seq.desc())
    )


def _first(connection: Connection, query: Select[Any]) -> Release | None:
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else release_of(row)


def latest(
    connection: Connection, name: str, *, before: int | None = None, limit: int
) -> list[Release]:
    """Return the newest releases of an app, newest first; those before a seq, if that is given."""
    query = RELEASES.where(release.c.app == name).order_by(release.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(release.c.seq < before)
    return [release_of(row) for row in connection.execute(query).mappings()]


def earlier(connection: Connection, name: str, *, generation: int, limit: int) -> list[Release]:
    """Return the newest releases of an app before this generation, newest first."""
    query = RELEASES.where(release.c.app == name, release.c.generation < generation)
    rows = connection.execute(query.order_by(release.c.seq.desc()).limit(limit)).mappings()
    return [release_of(row) for row in rows]


def starting_with(connection: Connection, name: str, start: str) -> list[Release]:
    """Return the releases of an app whose id or digest starts so, the newest first."""
    hexadecimal = f"sha256:{start.removeprefix('sha256:')}"
    query = (
        RELEASES.where(release.c.app == name)
        .where(
            release.c.id.startswith(start, autoescape=True)
            | release.c.digest.startswith(hexadecimal, autoescape=True)
        )
        .order_by(release.c.seq.desc())
    )
    return [release_of(row) for row in connection.execute(query).mappings()] if start else []


def forget_app(connection: Connection, name: str) -> None:
    """Remove the row of an app with all that is known of its hosts; its history stays.

    None of its releases is gone back to, should an app of this name be declared again.
    """
    connection.execute(delete(app).where(app.c.name == name))
    for table in (held, host_state, last_outcome, app_inventory):
        connection.execute(delete(table).where(table.c.app == name))
    over = update(release).where(release.c.app == name, release.c.state.in_(["good", "desired"]))
    connection.execute(over.values(state="superseded"))
