# SPDX-License-Identifier: GPL-3.0-or-later
"""Record how a run ended and what follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, update

from webhook_bridge.consequences import Consequence
from webhook_bridge.host_facts import after_outcome
from webhook_bridge.outcomes import Kept, Outcome, RunResult, before_tries
from webhook_bridge.store import host_states, releases, runs
from webhook_bridge.store.claims import Work
from webhook_bridge.store.host_states import HostState
from webhook_bridge.store.releases import Release
from webhook_bridge.store.tables import app


def ran_before(
    connection: Connection, work: Work, outcomes: Sequence[Outcome], *, good: str | None
) -> Mapping[str, Kept]:
    """Return what each host ran before this digest came to it, as far as that is known.

    `good` is the digest of the release before. A run that was cut off may have switched a host
    without a word of it: then what was known of the host counts.
    """
    known = host_states.of_app(connection, work.run.app).values()
    remembered = {
        state.host: Kept(state.container_id, state.digest)
        for state in known
        if state.container_id and state.digest and state.digest != work.release.digest
    }
    told = runs.ran_before(connection, work.release.id)
    for one in outcomes:
        if one.previous is not None:
            told.setdefault(one.host, []).append(one.previous)
    digest = work.release.digest
    return remembered | {
        host: before_tries(kept, digest=digest, good=good) for host, kept in told.items()
    }


def finish(
    connection: Connection, work: Work, *, result: RunResult, consequence: Consequence, now: float
) -> bool:
    """Record a run's end and what follows from it; return False when the app was lost meanwhile.

    The epoch fences: a worker that was thought dead writes only to its own run.
    """
    run = work.run
    reason = "; ".join(part for part in (result.reason, consequence.note) if part)
    runs.finish(connection, run.id, state=result.state, reason=reason, now=now)
    runs.add_outcomes(connection, run.id, list(result.outcomes))
    freed = connection.execute(
        update(app).where(app.c.name == run.app, app.c.epoch == run.epoch).values(owner=None)
    )
    if freed.rowcount != 1:
        return False
    note_outcomes(connection, run.app, result.outcomes, now=now)
    _apply(connection, work, consequence=consequence, now=now)
    return True


def note_outcomes(
    connection: Connection, name: str, outcomes: Sequence[Outcome], *, now: float
) -> None:
    """Bring what is known of the hosts up to date."""
    known = host_states.of_app(connection, name)
    states = [
        after_outcome(known.get(one.host, HostState(name, one.host)), one, now=now)
        for one in outcomes
    ]
    host_states.save(connection, states)


def _apply(connection: Connection, work: Work, *, consequence: Consequence, now: float) -> None:
    name, digest = work.run.app, work.release.digest
    row = releases.app_row(connection, name)
    newest = row.generation == work.run.generation
    previous = releases.before(connection, work.release) if consequence.go_back else None
    if consequence.release_state is not None:
        overtaken = not newest and consequence.release_state == "failed"
        state = "superseded" if overtaken else consequence.release_state
        releases.mark(connection, work.release.id, state)
    if consequence.hold is not None:
        reason = consequence.hold
        releases.hold(connection, name, digest, reason=reason, run_id=work.run.id, now=now)
    if consequence.answered:
        releases.update_app(connection, name, applied_generation=work.run.generation)
    if newest and work.run.kind not in ("reconcile", "observe"):
        _go_back(connection, work, previous)
        _settle(connection, work, consequence, previous=previous, now=now)


def _go_back(connection: Connection, work: Work, previous: Release | None) -> None:
    """Make the release before the desired one again, whatever a rollback had held it for."""
    if previous is not None:
        releases.update_app(connection, work.run.app, release_id=previous.id)
        if work.release.cause == "rollback":
            releases.let_go(connection, work.run.app, previous.digest)


def _settle(
    connection: Connection,
    work: Work,
    consequence: Consequence,
    *,
    previous: Release | None,
    now: float,
) -> None:
    """Set what is still open for the app; without a release to go back to, no host waits for it."""
    nothing_before = consequence.go_back and previous is None
    pending = () if nothing_before else consequence.pending_hosts
    open_work = bool(pending or consequence.back) or not consequence.answered
    releases.update_app(
        connection,
        work.run.app,
        pending_hosts=list(pending),
        back={host: asdict(kept) for host, kept in consequence.back.items()},
        attempts=work.attempts + 1 if open_work else 0,
        due_at=now + consequence.wait,
    )
