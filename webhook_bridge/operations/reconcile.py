# SPDX-License-Identifier: GPL-3.0-or-later
"""Reconcile hosts with the desired state, because a person asked for it."""

from __future__ import annotations

from sqlalchemy import Connection

from webhook_bridge.domain import app_state
from webhook_bridge.domain.drift import may_reconcile
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.verdicts import short
from webhook_bridge.errors import Refused
from webhook_bridge.store import Store, events, holds, host_states, releases, runs


def reconcile(store: Store, name: str, *, actor: str, now: float) -> None:
    """Have the hosts of an app looked at now, and those that differ brought up to date.

    Raises Refused, with nothing changed, where a rollout is active or there is nothing to go by.
    """
    with store.write() as connection:
        # Nobody gives the app another release between the check and what follows.
        releases.locked_app_row(connection, name)
        refused = why_not(connection, name)
        if refused is not None:
            raise refused
        _begin_again(connection, name, now=now)
        events.record(connection, NewEvent("reconcile.requested", actor, now, name))


def _begin_again(connection: Connection, name: str, *, now: float) -> None:
    """Look at the hosts now, and let none of them wait, however often it was tried in vain."""
    host_states.try_all_again(connection, name)
    row = releases.locked_app_row(connection, name)
    releases.save_app(connection, app_state.reconcile_requested(row, now=now))


def why_not(connection: Connection, name: str) -> Refused | None:
    """Return why `reconcile` would refuse an app now: for its buttons too; None where it would not.

    Its code is `not_settled` where only a deployment brings the release to more hosts.
    """
    row = releases.app_row(connection, name)
    release = releases.desired(connection, name)
    if release is None:
        return Refused("never_deployed", f"{name}: was never deployed by this bridge")
    active = [run for run in runs.running(connection, name) if run.kind != "observe"]
    if active or row.generation > row.applied_generation:
        what = f"run {active[0].id} is active" if active else "a run is about to start"
        return Refused(
            "rollout_active", f"{name}: {what}; wait for it: longshore runs --app {name}"
        )
    held = holds.held_digests(connection, name)
    if not may_reconcile(release, held=held):
        why = f"held ({held[release.digest]})" if release.digest in held else release.state
        return Refused(
            "not_settled",
            f"{name}: its release {short(release.digest)} is {why}, so it is brought "
            f"to no more hosts by itself; longshore deploy {name} --digest "
            f"{short(release.digest)}, or longshore rollback {name}",
        )
    return None
