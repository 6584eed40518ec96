# SPDX-License-Identifier: GPL-3.0-or-later
"""An app `shop` whose runs start and end as a test says, without any Ansible."""

from __future__ import annotations

from webhook_bridge.domain.consequences import Consequence
from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, RunResult
from webhook_bridge.domain.releases import AppRow, Cause, NewRelease
from webhook_bridge.domain.run_end import applied
from webhook_bridge.domain.runs import Run, Work
from webhook_bridge.runs import leases
from webhook_bridge.runs.conclusions import load_run_end, save_run_end
from webhook_bridge.store import Store, releases, runs

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")
GOOD = Consequence(True, "good")
OLD = KeptContainer("3f2a", V1)
RESTORED = Consequence(True, "restored", hold="put back", go_back=True, restore_targets={"h1": OLD})
DIED = RunResult("interrupted", "died", ())
TRY_AGAIN = Consequence(False, wait=30.0)


def desire(store: Store, digest: str = V1, *, cause: Cause = "delivery") -> None:
    """Wish for a digest."""
    new = NewRelease("shop", "r/acme/shop", "latest", digest, cause, "hook hub")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)


def claim(store: Store, *, worker: str = "w1", now: float = 10.0) -> Work | None:
    """Take the app for a worker, if anything is to be done."""
    with store.write() as connection:
        return leases.acquire(connection, "shop", worker=worker, now=now)


def claimed(store: Store, *, now: float = 10.0) -> Work:
    """Take the app, for which something is to be done."""
    work = claim(store, now=now)
    assert work is not None
    return work


def finish(store: Store, work: Work, consequence: Consequence, *, state: str = "succeeded") -> bool:
    """Store the end of a run that has this consequence."""
    outcome = Outcome("h1", "updated", "switch", "", work.release.digest)
    result = RunResult(state, "because", (outcome,))
    with store.write() as connection:
        known = load_run_end(connection, work)
        end = applied(work, result, consequence, known, now=20.0)
        return save_run_end(connection, work, end, known, now=20.0)


def row(store: Store) -> AppRow:
    """Return the row of the app."""
    with store.write() as connection:
        return releases.app_row(connection, "shop")


def all_runs(store: Store) -> list[Run]:
    """Return all runs, the newest first."""
    with store.read() as connection:
        return runs.latest(connection, app="shop", limit=50)


def desired_digest(store: Store) -> str:
    """Return what the app should run."""
    with store.write() as connection:
        release = releases.desired(connection, "shop")
    assert release is not None
    return release.digest
