# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person may ask for beside a release: end a run, lift a hold, have hosts mended."""

from __future__ import annotations

from sqlalchemy import Connection

from webhook_bridge import views
from webhook_bridge.drift import may_reconcile
from webhook_bridge.errors import Refused
from webhook_bridge.store import Store, host_states, releases, runs
from webhook_bridge.store.runs import Run
from webhook_bridge.verdicts import short


def cancel(store: Store, *, start_of_id: str, actor: str) -> Run:
    """Ask a run to end at its next boundary between batches; the hosts stay as they are then.

    Raises NotFound for an unknown run, and Refused for one that has ended or only looks.
    """
    with store.write() as connection:
        run = views.one_run(connection, start_of_id)
        if run.state != "running":
            raise Refused("run_ended", f"run {run.id} has ended already: {run.state}")
        if run.kind == "observe":
            raise Refused("only_looks", f"run {run.id} only looks at the hosts; it ends by itself")
        runs.cancel(connection, run.id, actor=actor)
        return runs.get(connection, run.id)


def let_go(store: Store, *, name: str, start_of_digest: str) -> str:
    """Lift the hold of a digest and return it; nothing is deployed by that.

    Raises Refused where it is not held, or where several that are held start so.
    """
    wanted = f"sha256:{start_of_digest.removeprefix('sha256:')}"
    with store.write() as connection:
        held = releases.held_digests(connection, name)
        found = [digest for digest in held if digest.startswith(wanted)]
        if not found:
            others = ", ".join(short(digest) for digest in held) or "none"
            raise Refused("not_held", f"{name}: {short(wanted)} is not held; held: {others}")
        if len(found) > 1:
            raise Refused("ambiguous", f"several held digests start with {wanted}; write more")
        releases.let_go(connection, name, found[0])
        return found[0]


def reconcile(store: Store, name: str, *, now: float) -> None:
    """Have the hosts of an app looked at now, and those that differ brought up to date.

    Raises Refused, with nothing changed, where a rollout is active or there is nothing to go by.
    """
    with store.write() as connection:
        _check_settled(connection, name)
        _begin_again(connection, name, now=now)


def _begin_again(connection: Connection, name: str, *, now: float) -> None:
    """Look at the hosts now, and let none of them wait, however often it was tried in vain."""
    host_states.try_all_again(connection, name)
    releases.update_app(connection, name, observe_at=now)
    row = releases.app_row(connection, name)
    if row.pending_hosts or row.back:
        releases.update_app(connection, name, attempts=0, due_at=now)


def _check_settled(connection: Connection, name: str) -> None:
    row = releases.app_row(connection, name)
    release = releases.desired(connection, name)
    if release is None:
        raise Refused("never_deployed", f"{name}: was never deployed by this bridge")
    active = [run for run in runs.running(connection, name) if run.kind != "observe"]
    if active or row.generation > row.applied_generation:
        what = f"run {active[0].id} is active" if active else "a run is about to start"
        raise Refused("rollout_active", f"{name}: {what}; wait for it: longshore runs --app {name}")
    held = releases.held_digests(connection, name)
    if not may_reconcile(release, held=held):
        why = f"held ({held[release.digest]})" if release.digest in held else release.state
        raise Refused(
            "not_settled",
            f"{name}: its release {short(release.digest)} is {why}, so it is brought "
            f"to no more hosts by itself; longshore deploy {name}, or longshore rollback {name}",
        )
