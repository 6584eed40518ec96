# SPDX-License-Identifier: GPL-3.0-or-later
"""When each step of each host began and ended in each run: one row a run, removed with it.

The parts of a rollout stand beside the steps, so that a median over many runs reads no steps.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from webhook_bridge.domain.run_steps import (
    NO_STEPS,
    Batch,
    HostStep,
    PartWord,
    RunSteps,
    Span,
    parts_of,
)
from webhook_bridge.store.tables import run_steps


def put(connection: Connection, run_id: str, steps: RunSteps) -> None:
    """Store the steps of a run, in the place of what is stored of it; without any, no row."""
    if steps == NO_STEPS:
        return
    values: dict[str, Any] = {
        "steps": [
            [one.host, one.step, one.began_at, one.ended_at, one.good] for one in steps.steps
        ],
        "batches": [[list(one.hosts), one.began_at] for one in steps.batches],
        "parts": {part: _row(span) for part, span in parts_of(steps).items()},
    }
    new = upsert(run_steps).values(run_id=run_id, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["run_id"], set_=values))


def of_run(connection: Connection, run_id: str) -> RunSteps:
    """Return the steps of a run; none of one that reported none."""
    query = select(run_steps.c.steps, run_steps.c.batches).where(run_steps.c.run_id == run_id)
    row = connection.execute(query).first()
    if row is None:
        return NO_STEPS
    batches = tuple(Batch(tuple(hosts), at) for hosts, at in row.batches)
    return RunSteps(tuple(HostStep(*one) for one in row.steps), batches)


def parts_of_runs(
    connection: Connection, run_ids: Collection[str]
) -> dict[str, dict[PartWord, Span]]:
    """Return when the parts of each of these runs began and ended, by the run's id."""
    query = select(run_steps.c.run_id, run_steps.c.parts).where(run_steps.c.run_id.in_(run_ids))
    return {
        row.run_id: {part: Span(*span) for part, span in row.parts.items()}
        for row in connection.execute(query)
    }


def _row(span: Span) -> list[float]:
    busy = [] if span.busy is None else [span.busy]
    return [span.began_at, span.ended_at, *busy]
