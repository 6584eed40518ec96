# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout would do, from what is stored: said before somebody asks for it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from webhook_bridge.config.app import App
from webhook_bridge.operations.versions import Versions, versions_of
from webhook_bridge.store import fleet, holds, releases, run_history, runs

# How many rollouts the usual duration is taken from.
LOOKED_BACK = 20


@dataclass(frozen=True)
class Change:
    """Hosts of which the same becomes another."""

    count: int
    before: str
    after: str
    is_same: bool


@dataclass(frozen=True)
class Prospect:
    """What would happen to the hosts of an app; `digest` is None where the registry says it."""

    digest: str | None
    version: str
    changes: Sequence[Change]
    batches: Sequence[int]
    away: Sequence[str]
    held: str | None
    """Why the digest is held; None where it is not."""
    active_run: str | None
    generation: int
    usual_seconds: float | None

    @property
    def hosts(self) -> int:
        """How many hosts are known."""
        return sum(self.batches)


def usual_seconds(connection: Connection, name: str) -> float | None:
    """Return the median duration of an app's last rollouts that succeeded; None without any."""
    took = run_history.durations(connection, name, limit=LOOKED_BACK)
    return statistics.median(took) if took else None


def prospect(connection: Connection, name: str, app: App, *, digest: str | None) -> Prospect:
    """Return what a rollout of a digest would do now; nothing and nobody is asked."""
    states = fleet.states(connection, [name]).get(name, [])
    versions = versions_of(connection, [name])[name]
    running = runs.running(connection, name)
    active = [run.id for run in running if run.kind != "observe"]
    return Prospect(
        digest=digest,
        version="" if digest is None else versions.of(digest),
        changes=_changes([state.digest for state in states], digest, versions),
        batches=app.rollout.batch_sizes(len(states)),
        away=[state.host for state in states if not state.reached],
        held=None if digest is None else holds.held_digests(connection, name).get(digest),
        active_run=active[0] if active else None,
        generation=releases.app_row(connection, name).generation,
        usual_seconds=usual_seconds(connection, name),
    )


def _changes(
    running: Sequence[str | None], digest: str | None, versions: Versions
) -> Sequence[Change]:
    after = "what the registry says" if digest is None else versions.of(digest)
    return [
        Change(count, versions.of(before), after, before == digest)
        for before, count in Counter(running).most_common()
    ]
