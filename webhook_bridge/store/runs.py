# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs and what each of them did on each host."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from webhook_bridge.outcomes import Outcome, RunState
from webhook_bridge.store.tables import outcome, run

RunKind = Literal["deploy", "rollback", "catch_up"]


@dataclass(frozen=True)
class NewRun:
    """A run that is about to start; `hosts` is empty for all hosts of the app."""

    app: str
    release_id: str
    generation: int
    epoch: int
    kind: RunKind
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Run(NewRun):
    """A stored run."""

    id: str
    state: RunState
    reason: str
    started_at: float
    ended_at: float | None


_COLUMNS = [column for column in run.c if column.name != "seq"]


def start(connection: Connection, new: NewRun, *, now: float) -> Run:
    """Store a run as running."""
    values = {**vars(new), "hosts": list(new.hosts)}
    identifier = str(uuid.uuid4())
    connection.execute(
        insert(run).values(**values, id=identifier, state="running", reason="", started_at=now)
    )
    return get(connection, identifier)


def finish(
    connection: Connection, identifier: str, *, state: RunState, reason: str, now: float
) -> None:
    """Record how a run ended; only a running one can end."""
    connection.execute(
        update(run)
        .where(run.c.id == identifier, run.c.state == "running")
        .values(state=state, reason=reason, ended_at=now)
    )


def add_outcomes(connection: Connection, identifier: str, outcomes: list[Outcome]) -> None:
    """Store what happened on each host."""
    rows = [{**vars(one), "run_id": identifier, "log": list(one.log)} for one in outcomes]
    if rows:
        connection.execute(insert(outcome), rows)


def get(connection: Connection, identifier: str) -> Run:
    """Return one run by its id."""
    return _run(
        connection.execute(select(*_COLUMNS).where(run.c.id == identifier)).mappings().one()
    )


def running(connection: Connection, app: str) -> list[Run]:
    """Return the runs of an app that have not ended."""
    query = select(*_COLUMNS).where(run.c.app == app, run.c.state == "running")
    return [_run(row) for row in connection.execute(query).mappings()]


def latest(connection: Connection, *, app: str | None, limit: int) -> list[Run]:
    """Return the newest runs, newest first."""
    query = select(*_COLUMNS).order_by(run.c.seq.desc()).limit(limit)
    if app is not None:
        query = query.where(run.c.app == app)
    return [_run(row) for row in connection.execute(query).mappings()]


def find(connection: Connection, start_of_id: str) -> list[Run]:
    """Return at most two runs whose id starts so: two mean that the start is ambiguous."""
    query = select(*_COLUMNS).where(run.c.id.startswith(start_of_id, autoescape=True)).limit(2)
    return [_run(row) for row in connection.execute(query).mappings()]


def outcomes(connection: Connection, identifier: str) -> list[Outcome]:
    """Return what a run did on each host, by host name."""
    query = select(outcome).where(outcome.c.run_id == identifier).order_by(outcome.c.host)
    return [_outcome(row) for row in connection.execute(query).mappings()]


def last_outcomes(connection: Connection, app: str) -> dict[str, Outcome]:
    """Return for each host the newest thing that any run of the app did on it.

    Where that run did not get to see what runs there, `running` is what a run saw last.
    """
    query = (
        select(outcome)
        .join(run, run.c.id == outcome.c.run_id)
        .where(run.c.app == app)
        .order_by(run.c.seq)
    )
    newest: dict[str, Outcome] = {}
    for row in connection.execute(query).mappings():
        found = _outcome(row)
        before = newest.get(found.host)
        if found.running is None and before is not None:
            found = replace(found, running=before.running)
        newest[found.host] = found
    return newest


def _run(row: RowMapping) -> Run:
    return Run(**{**row, "hosts": tuple(row["hosts"])})


def _outcome(row: RowMapping) -> Outcome:
    values = {key: value for key, value in row.items() if key != "run_id"}
    return Outcome(**{**values, "log": tuple(values["log"])})
