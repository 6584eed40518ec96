# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove what is older or more than the settings keep, a few rows at a time.

Never removed: a delivery that waits for its verdict; a run that has not ended, an app's newest
run, and the run that did something on a host last; a release that an app
should run, that a run is of, or that is among the last good ones of its app.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Select,
    String,
    Table,
    cast,
    delete,
    false,
    func,
    select,
    union,
)

from webhook_bridge.config.retention import Keep
from webhook_bridge.store import image_labels
from webhook_bridge.store.database import Store
from webhook_bridge.store.tables import (
    app,
    delivery,
    event,
    last_outcome,
    outcome,
    rejected,
    release,
    run,
    run_steps,
)

# So that a delivery that comes meanwhile waits for one short transaction only.
_AT_ONCE = 200
_GOOD_RELEASES_KEPT = 20


@dataclass(frozen=True)
class Entry:
    """One thing of the past: its place in the order of all, its id, and when it was."""

    seq: int
    id: str
    at: float


def removable(
    oldest: Sequence[Entry], *, last_beyond: int, keep: Keep, now: float
) -> tuple[list[Entry], bool]:
    """Return which of the oldest entries may go, and whether to look at those after them.

    `last_beyond` is the newest that is one too many; 0 when there is none.
    """
    gone = [one for one in oldest if one.seq <= last_beyond or now - one.at > keep.age]
    return gone, bool(gone) and gone[-1] is oldest[-1]


@dataclass(frozen=True)
class _Kind:
    """A table with its time, and a query for the ids of the rows that something needs."""

    table: Table
    at: Column[float]
    needed: Callable[[], Select[Any]]


def prune_deliveries(store: Store, keep: Keep, *, now: float) -> int:
    """Remove deliveries that have their verdict; return how many."""
    return _prune(store, _Kind(delivery, delivery.c.received_at, _waiting), keep=keep, now=now)


def prune_rejected(store: Store, keep: Keep, *, now: float) -> int:
    """Remove refused requests; return how many."""
    return _prune(store, _Kind(rejected, rejected.c.received_at, _none), keep=keep, now=now)


def prune_events(store: Store, keep: Keep, *, now: float) -> int:
    """Remove events; return how many."""
    return _prune(store, _Kind(event, event.c.at, _none), keep=keep, now=now)


def prune_runs(store: Store, keep: Keep, *, now: float) -> int:
    """Remove runs with their outcomes, then releases that nothing needs; return how many runs.

    What is known of the images of removed releases goes with them.
    """
    removed = _prune(store, _Kind(run, run.c.started_at, _needed_runs), keep=keep, now=now)
    if _prune(store, _Kind(release, release.c.created_at, _needed_releases), keep=keep, now=now):
        with store.write() as connection:
            image_labels.forget_unreleased(connection)
    return removed


def run_ids(connection: Connection, *, active: bool) -> set[str]:
    """Return the ids of the runs that have not ended, or of all."""
    query = select(run.c.id).where(run.c.state == "running") if active else select(run.c.id)
    return set(connection.scalars(query))


def _prune(store: Store, kind: _Kind, *, keep: Keep, now: float) -> int:
    removed, after, more = 0, 0, True
    while more:
        # What is looked at is not locked: nothing that is past becomes needed by what comes, but
        # a release by a rollback, and that one the foreign keys keep.
        with store.read() as connection:
            last_beyond = _last_beyond(connection, kind.table, keep.number)
            entries = _oldest(connection, kind, after)
            gone, more = removable(entries, last_beyond=last_beyond, keep=keep, now=now)
            needed = set(connection.scalars(kind.needed())) if gone else set()
        seqs = [entry.seq for entry in gone if entry.id not in needed]
        if seqs:
            with store.write() as connection:
                _remove(connection, kind.table, seqs)
        removed += len(seqs)
        after = entries[-1].seq if entries else after
    return removed


def _oldest(connection: Connection, kind: _Kind, after: int) -> list[Entry]:
    columns = kind.table.c
    # Events are named by nothing but their place.
    identifier = columns.get("id", cast(columns.seq, String))
    query: Select[Any] = select(columns.seq, identifier, kind.at).where(columns.seq > after)
    rows = connection.execute(query.order_by(columns.seq).limit(_AT_ONCE))
    return [Entry(seq, identifier, at) for seq, identifier, at in rows]


def _last_beyond(connection: Connection, table: Table, number: int) -> int:
    """Return the newest row that is one too many; 0 when there are not that many."""
    query = select(table.c.seq).order_by(table.c.seq.desc()).offset(number).limit(1)
    return connection.scalar(query) or 0


def _remove(connection: Connection, table: Table, seqs: list[int]) -> None:
    if table is run:
        ids = select(run.c.id).where(run.c.seq.in_(seqs))
        for told in (outcome, run_steps):
            connection.execute(delete(told).where(told.c.run_id.in_(ids)))
    connection.execute(delete(table).where(table.c.seq.in_(seqs)))


def _none() -> Select[Any]:
    return select(rejected.c.id).where(false())


def _waiting() -> Select[Any]:
    return select(delivery.c.id).where(delivery.c.due_at.is_not(None))


def _needed_runs() -> Select[Any]:
    """Return a query for what has not ended, and for what `status` looks at."""
    newest = select(func.max(run.c.seq)).group_by(run.c.app)
    seqs = union(newest, select(last_outcome.c.run_seq)).subquery()
    return select(run.c.id).where((run.c.state == "running") | run.c.seq.in_(select(seqs.c[0])))


def _needed_releases() -> Select[Any]:
    """Return a query for what apps should run, what runs are of, and what one may go back to."""
    place = func.row_number().over(partition_by=release.c.app, order_by=release.c.seq.desc())
    good = select(release.c.id, place.label("place")).where(release.c.state == "good").subquery()
    desired = select(app.c.release_id).where(app.c.release_id.is_not(None))
    return select(release.c.id).where(
        release.c.id.in_(desired)
        | release.c.id.in_(select(run.c.release_id))
        | release.c.id.in_(select(good.c.id).where(good.c.place <= _GOOD_RELEASES_KEPT))
    )
