# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs and what each of them did on each host."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, RunState
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import NewRun, Run, RunKind
from webhook_bridge.store.deliveries import starts_with
from webhook_bridge.store.tables import app as app_table
from webhook_bridge.store.tables import last_outcome, outcome, release, run

COLUMNS = [column for column in run.c if column.name != "seq"]


def start(connection: Connection, new: NewRun, *, now: float) -> Run:
    """Store a run as running."""
    restore_targets = {host: asdict(kept) for host, kept in new.restore_targets.items()}
    values = {**vars(new), "hosts": list(new.hosts), "restore_targets": restore_targets}
    identifier = str(uuid.uuid4())
    connection.execute(
        insert(run).values(**values, id=identifier, state="running", reason="", started_at=now)
    )
    return get(connection, identifier)


def finish(
    connection: Connection, identifier: str, *, state: RunState, reason: str, now: float
) -> bool:
    """Record how a run ended; return False where it had ended before: only a running one can."""
    ended = connection.execute(
        update(run)
        .where(run.c.id == identifier, run.c.state == "running")
        .values(state=state, reason=reason, ended_at=now)
    )
    return ended.rowcount == 1


def of_release(connection: Connection, release_id: str) -> list[Run]:
    """Return the runs of a release, the oldest first."""
    query = select(run.c.id).where(run.c.release_id == release_id)
    return [get(connection, one) for one in connection.scalars(query.order_by(run.c.seq))]


def first_since(connection: Connection, of: Release, *, kinds: Collection[RunKind]) -> Run | None:
    """Return the first run, of these kinds, of a release or of one that came after it."""
    seq = select(release.c.seq).where(release.c.id == of.id).scalar_subquery()
    query = (
        select(*COLUMNS)
        .join(release, release.c.id == run.c.release_id)
        .where(run.c.app == of.app, run.c.kind.in_(kinds), release.c.seq >= seq)
        .order_by(run.c.seq)
        .limit(1)
    )
    found = connection.execute(query).mappings().first()
    return None if found is None else run_of(found)


def is_running(connection: Connection, identifier: str) -> bool:
    """Say whether a run has not ended."""
    state = connection.scalar(select(run.c.state).where(run.c.id == identifier))
    return bool(state == "running")


def add_outcomes(connection: Connection, identifier: str, outcomes: Sequence[Outcome]) -> None:
    """Store what happened on each host; what is stored of a host of this run already stays."""
    if outcomes:
        connection.execute(
            upsert(outcome).on_conflict_do_nothing(), _outcome_rows(identifier, outcomes)
        )
        _note_last(connection, identifier, outcomes)


def put_outcomes(connection: Connection, identifier: str, outcomes: Sequence[Outcome]) -> None:
    """Store what happened on each host, in the place of what is stored of it in this run."""
    new = upsert(outcome)
    values = {column.name: new.excluded[column.name] for column in outcome.c}
    if outcomes:
        connection.execute(
            new.on_conflict_do_update(index_elements=["run_id", "host"], set_=values),
            _outcome_rows(identifier, outcomes),
        )
        _note_last(connection, identifier, outcomes)


def _outcome_rows(identifier: str, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [{**asdict(one), "run_id": identifier, "log": list(one.log)} for one in outcomes]


def _note_last(connection: Connection, identifier: str, outcomes: Sequence[Outcome]) -> None:
    """Remember that this run did something on these hosts last, unless a newer one did."""
    seq, app = connection.execute(select(run.c.seq, run.c.app).where(run.c.id == identifier)).one()
    rows = [
        {"app": app, "host": one.host, "run_seq": seq, "running": one.running} for one in outcomes
    ]
    new = upsert(last_outcome)
    last = last_outcome.c
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["app", "host"],
            set_={
                "run_seq": new.excluded.run_seq,
                "running": func.coalesce(new.excluded.running, last.running),
            },
            where=new.excluded.run_seq >= last.run_seq,
        ),
        rows,
    )


def cancel(connection: Connection, identifier: str, *, actor: str) -> bool:
    """Note that somebody wants a run to end; return False where somebody else did before.

    Whoever runs it looks for this.
    """
    canceled = connection.execute(
        update(run)
        .where(run.c.id == identifier, run.c.state == "running", run.c.canceled_by.is_(None))
        .values(canceled_by=actor)
    )
    return canceled.rowcount == 1


def forget_observations(connection: Connection, app: str, *, but: str) -> None:
    """Remove the looks at an app's hosts before this one: they crowd out what changed things."""
    connection.execute(
        delete(run).where(
            run.c.app == app, run.c.kind == "observe", run.c.id != but, run.c.state != "running"
        )
    )


def get(connection: Connection, identifier: str) -> Run:
    """Return one run by its id."""
    return run_of(
        connection.execute(select(*COLUMNS).where(run.c.id == identifier)).mappings().one()
    )


def running(connection: Connection, app: str) -> list[Run]:
    """Return the runs of an app that have not ended."""
    query = select(*COLUMNS).where(run.c.app == app, run.c.state == "running")
    return [run_of(row) for row in connection.execute(query).mappings()]


def latest(
    connection: Connection,
    *,
    app: str | None,
    apps: Collection[str] | None = None,
    before: int | None = None,
    limit: int,
) -> list[Run]:
    """Return the newest runs, newest first: of one app, of several, or of all.

    With `before`, a seq, only those that came earlier.
    """
    query = select(*COLUMNS).order_by(run.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(run.c.seq < before)
    if app is not None:
        query = query.where(run.c.app == app)
    if apps is not None:
        query = query.where(run.c.app.in_(apps))
    return [run_of(row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, apps: Collection[str]) -> dict[str, Run]:
    """Return the newest run of each of these apps that may change a host."""
    return _newest(connection, apps, run.c.kind != "observe")


def newest_observations(connection: Connection, apps: Collection[str]) -> dict[str, Run]:
    """Return the newest run of each of these apps that only looked at its hosts."""
    return _newest(connection, apps, run.c.kind == "observe")


def _newest(
    connection: Connection, apps: Collection[str], condition: ColumnElement[bool]
) -> dict[str, Run]:
    seq = (
        select(run.c.seq)
        .where(run.c.app == app_table.c.name, condition)
        .order_by(run.c.seq.desc())
        .limit(1)
        .correlate(app_table)
        .scalar_subquery()
    )
    seqs = select(seq).where(app_table.c.name.in_(apps))
    query = select(*COLUMNS).where(run.c.seq.in_(seqs))
    found = [run_of(row) for row in connection.execute(query).mappings()]
    return {one.app: one for one in found}


def find(connection: Connection, start_of_id: str) -> list[Run]:
    """Return at most two runs whose id starts so: two mean that the start is ambiguous."""
    query = select(*COLUMNS).where(starts_with(run.c.id, start_of_id)).limit(2)
    return [run_of(row) for row in connection.execute(query).mappings()]


def outcomes(connection: Connection, identifier: str) -> list[Outcome]:
    """Return what a run did on each host, by host name."""
    query = select(outcome).where(outcome.c.run_id == identifier).order_by(outcome.c.host)
    return [_outcome(row) for row in connection.execute(query).mappings()]


def outcomes_of(
    connection: Connection, identifiers: Collection[str]
) -> dict[str, dict[str, Outcome]]:
    """Return what each of these runs did, by id and by host name."""
    query = select(outcome).where(outcome.c.run_id.in_(identifiers)).order_by(outcome.c.host)
    found: dict[str, dict[str, Outcome]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["run_id"], {})[row["host"]] = _outcome(row)
    return found


def last_outcomes(connection: Connection, apps: Collection[str]) -> dict[str, dict[str, Outcome]]:
    """Return for each host of these apps the newest thing that any run did on it.

    Where that run did not get to see what runs there, `running` is what a run saw last.
    """
    last = last_outcome.c
    query = (
        select(outcome, last.app, last.running.label("seen"))
        .join(run, run.c.id == outcome.c.run_id)
        .join(last_outcome, (last.run_seq == run.c.seq) & (last.host == outcome.c.host))
        .where(last.app.in_(apps))
        .order_by(last.app, last.host)
    )
    found: dict[str, dict[str, Outcome]] = {}
    for row in connection.execute(query).mappings():
        values = dict(row)
        app, seen = values.pop("app"), values.pop("seen")
        found.setdefault(app, {})[values["host"]] = replace(_outcome(values), running=seen)
    return found


def run_of(row: RowMapping) -> Run:
    """Return the run in a row of `COLUMNS`."""
    restore_targets = {host: KeptContainer(**kept) for host, kept in row["restore_targets"].items()}
    return Run(**{**row, "hosts": tuple(row["hosts"]), "restore_targets": restore_targets})


def _outcome(row: Mapping[Any, Any]) -> Outcome:
    values = {key: value for key, value in row.items() if key != "run_id"}
    previous = None if values["previous"] is None else KeptContainer(**values["previous"])
    return Outcome(**{**values, "log": tuple(values["log"]), "previous": previous})
