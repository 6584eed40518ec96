# SPDX-License-Identifier: GPL-3.0-or-later
"""Take an app away that left the apps file: from its hosts, then from the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from sqlalchemy import Connection

from webhook_bridge.config.settings import Settings
from webhook_bridge.domain import app_state
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.outcomes import RunReport, RunResult
from webhook_bridge.domain.removal import Orphan, RemovalEnd, orphans_of, removal_end
from webhook_bridge.domain.runs import NewRun, Run, Work
from webhook_bridge.errors import NotFound, Refused
from webhook_bridge.executor.runner import execute
from webhook_bridge.file_locks import WorkerIdentity
from webhook_bridge.runs.conclusions import free_from_the_dead
from webhook_bridge.store import Store, events, host_states, releases, runs

Execute = Callable[..., RunReport]


def orphans(connection: Connection, declared: Collection[str]) -> list[Orphan]:
    """Return the apps that ran once and are declared no more."""
    released = [row.name for row in releases.app_rows(connection) if row.release_id is not None]
    left = sorted(set(released) - set(declared))
    return orphans_of(left, declared, host_states.of_apps(connection, left))


def orphan(connection: Connection, declared: Collection[str], name: str) -> Orphan:
    """Return one of them.

    Raises Refused for an app that is still declared, and NotFound for one that never ran.
    """
    if name in declared:
        raise Refused(
            "still_declared", f"{name}: is still in the apps file; take it out there first"
        )
    found = [one for one in orphans(connection, declared) if one.app == name]
    if not found:
        raise NotFound(f"no app {name!r} was ever deployed by this bridge")
    return found[0]


def remove(
    settings: Settings,
    store: Store,
    declared: Collection[str],
    *,
    name: str,
    actor: str,
    run: Execute = execute,
) -> Run:
    """Remove an app's containers from all hosts, then its row; return the run as it ended.

    Hosts that were away keep theirs, and the app its row: then it can be asked for again. Raises
    as `orphan` does, and Refused while a run of the app is active.
    """
    worker = WorkerIdentity(settings.state_dir)
    try:
        free_from_the_dead(settings, store, worker)
        work = _claim(store, declared, name=name, worker=worker.id)
        try:
            report = run(settings, work, stop=threading.Event())
        except BaseException as error:
            result = RunResult("interrupted", f"it was ended: {error!r}", ())
            _conclude(store, work, RemovalEnd(result), actor=actor)
            raise
        known = _hosts(store, name)
        return _conclude(store, work, removal_end(report, known=known), actor=actor)
    finally:
        worker.close()


def _claim(store: Store, declared: Collection[str], *, name: str, worker: str) -> Work:
    with store.write() as connection:
        orphan(connection, declared, name)
        row = releases.locked_app_row(connection, name)
        if row.owner is not None:
            raise Refused("rollout_active", f"{name}: a run is active; wait for it, or cancel it")
        taken = app_state.claimed(row, worker)
        releases.save_app(connection, taken)
        release = releases.find(connection, str(row.release_id))
        new = NewRun(name, release.id, taken.generation, taken.epoch, "remove")
        return Work(release, runs.start(connection, new, now=time.time()), 0)


def _hosts(store: Store, name: str) -> list[str]:
    with store.read() as connection:
        states = host_states.of_app(connection, name).values()
    return [one.host for one in states if one.digest != ""]


def _conclude(store: Store, work: Work, end: RemovalEnd, *, actor: str) -> Run:
    name, result, now = work.run.app, end.result, time.time()
    with store.write() as connection:
        runs.finish(connection, work.run.id, state=result.state, reason=result.reason, now=now)
        host_states.forget(connection, name, end.gone)
        if end.is_complete:
            releases.forget_app(connection, name)
            data = {"hosts": list(end.gone)}
            events.record(
                connection, NewEvent("app.removed", actor, now, name, run=work.run.id, data=data)
            )
        else:
            row = releases.locked_app_row(connection, name)
            releases.save_app(connection, app_state.removal_ended(row))
        return runs.get(connection, work.run.id)
