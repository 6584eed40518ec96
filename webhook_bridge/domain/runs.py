# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs: what kinds there are, and what a worker has to do for an app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import Outcome, RunState, judge_outcome
from webhook_bridge.domain.releases import AppRow, Release

RunKind = Literal["deploy", "rollback", "catch_up", "restore", "reconcile", "observe", "remove"]


@dataclass(frozen=True)
class NewRun:
    """A run that is about to start; `hosts` is empty for all hosts of the app.

    `restore_targets` names, for hosts that have it, the kept container that is to be started again.
    """

    app: str
    release_id: str
    generation: int
    epoch: int
    kind: RunKind
    hosts: tuple[str, ...] = ()
    restore_targets: Mapping[str, KeptContainer] = field(default_factory=dict)


@dataclass(frozen=True)
class Run(NewRun):
    """A stored run; `canceled_by` is who asked for its end while it ran."""

    id: str = ""
    state: RunState = "running"
    reason: str = ""
    started_at: float = 0.0
    ended_at: float | None = None
    canceled_by: str | None = None


@dataclass(frozen=True)
class Work:
    """A claimed app: the release to bring to its hosts (all, or those of the run), and the run.

    `protect` are digests that a host must not remove: what a rollback would go back to. `options`
    is the fingerprint of the app's options, with which the digest is tried. `released_at` is when
    each digest of the run was first released, in seconds since 1970. `known_hosts` are the hosts of
    the app as the inventory was read last.
    """

    release: Release
    run: Run
    attempts: int
    protect: tuple[str, ...] = ()
    options: str = ""
    released_at: Mapping[str, float] = field(default_factory=dict)
    known_hosts: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """What the run may bring to a host: the release, and what hosts go back to."""
        back = (kept.digest for kept in self.run.restore_targets.values())
        return tuple(dict.fromkeys([self.release.digest, *back]))


def judged(work: Work, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return what hosts reported in a run that has not ended, as it counts for them."""
    kept = work.run.restore_targets
    digests = {host: target.digest for host, target in kept.items()}
    return tuple(
        judge_outcome(one, digest=digests.get(one.host, work.release.digest)) for one in outcomes
    )


def due_kind(row: AppRow, *, release: Release, now: float) -> RunKind | None:
    """Return what an app needs most; None where it needs nothing yet.

    Hosts go back before anything else comes, and a look at hosts waits for all that changes them.
    While one that shall go back is away, the others are looked at and mended all the same.
    """
    if row.restore_targets and row.due_at <= now:
        return "restore"
    if row.generation > row.applied_generation:
        if row.due_at > now:
            return None
        return "rollback" if release.cause == "rollback" else "deploy"
    if row.pending_hosts and row.due_at <= now:
        return "catch_up"
    if _to_reconcile(row):
        return "reconcile"
    observations = row.observe_at is not None and row.observe_at <= now
    return "observe" if observations else None


def aim(row: AppRow, kind: RunKind) -> tuple[tuple[str, ...], Mapping[str, KeptContainer]]:
    """Return the hosts of a run (none: all) and the kept containers that it starts again.

    A restore run catches hosts up too: they would wait as long as one that goes back is away.
    """
    only = {"catch_up": row.pending_hosts, "reconcile": _to_reconcile(row)}
    if kind == "restore":
        return tuple(dict.fromkeys([*row.restore_targets, *row.pending_hosts])), row.restore_targets
    return tuple(only.get(kind, ())), {}


def _to_reconcile(row: AppRow) -> list[str]:
    return [host for host in row.reconcile_hosts if host not in row.restore_targets]
