# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what a look at the hosts found, and which of them a reconcile run shall bring."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, delete, update

from webhook_bridge.domain.consequences import BackOff
from webhook_bridge.domain.drift import may_reconcile, to_reconcile
from webhook_bridge.domain.host_knowledge import after_look
from webhook_bridge.domain.hosts import HostState, Look
from webhook_bridge.domain.outcomes import RunResult
from webhook_bridge.domain.runs import Work
from webhook_bridge.store import host_states, releases
from webhook_bridge.store.tables import app, run


@dataclass(frozen=True)
class ReconcilePolicy:
    """What the settings and an app say about drift; `every` is 0 where nobody looks by itself."""

    every: float
    back_off: BackOff
    drift: Literal["report", "correct"]


def schedule_looks(connection: Connection, names: Collection[str], *, at: float) -> None:
    """Set when the hosts of these apps are looked at, where that is not set."""
    connection.execute(
        update(app).where(app.c.name.in_(names), app.c.observe_at.is_(None)).values(observe_at=at)
    )


def conclude_look(
    connection: Connection,
    work: Work,
    looks: Sequence[Look],
    *,
    policy: ReconcilePolicy,
    now: float,
) -> None:
    """Store what was seen, and which hosts are to be reconciled now."""
    name = work.run.app
    if looks:
        _store(connection, name, looks, now=now)
        _forget_earlier_looks(connection, work)
    releases.update_app(
        connection,
        name,
        observe_at=now + policy.every if policy.every else None,
        reconcile_hosts=list(_hosts(connection, work, policy=policy, now=now)) if looks else [],
    )


def _store(connection: Connection, name: str, looks: Sequence[Look], *, now: float) -> None:
    known = host_states.of_app(connection, name)
    states = [
        after_look(known.get(look.host, HostState(name, look.host)), look, now=now)
        for look in looks
    ]
    host_states.save(connection, states)
    host_states.forget_others(connection, name, [look.host for look in looks])


def _forget_earlier_looks(connection: Connection, work: Work) -> None:
    """Keep one look of an app only: many would crowd out the runs that changed things."""
    connection.execute(
        delete(run).where(
            run.c.app == work.run.app,
            run.c.kind == "observe",
            run.c.id != work.run.id,
            run.c.state != "running",
        )
    )


def _hosts(
    connection: Connection, work: Work, *, policy: ReconcilePolicy, now: float
) -> tuple[str, ...]:
    name = work.run.app
    row = releases.locked_app_row(connection, name)
    release = releases.desired(connection, name)
    held = releases.held_digests(connection, name)
    if release is None or row.generation != work.run.generation:
        return ()
    if not may_reconcile(release, held=held):
        return ()
    states = host_states.of_app(connection, name).values()
    waiting = [state for state in states if state.host not in row.pending_hosts]
    return to_reconcile(waiting, digest=release.digest, policy=policy.drift, now=now)


def conclude_reconcile(
    connection: Connection,
    work: Work,
    result: RunResult,
    *,
    policy: ReconcilePolicy,
    now: float,
) -> None:
    """Let each host that was not brought up to date wait longer before it is tried again."""
    known = host_states.of_app(connection, work.run.app)
    good = result.hosts("updated", "unchanged")
    states = [known[host] for host in work.run.hosts if host in known]
    tried = [
        replace(state, attempts=0, due_at=0.0)
        if state.host in good
        else replace(
            state,
            attempts=state.attempts + 1,
            due_at=now + policy.back_off.after(state.attempts),
        )
        for state in states
    ]
    host_states.save(connection, tried)
    releases.update_app(connection, work.run.app, reconcile_hosts=[])
