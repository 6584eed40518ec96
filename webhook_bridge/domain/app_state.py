# SPDX-License-Identifier: GPL-3.0-or-later
"""All that can happen to the row of an app: each change is a function from a row to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.releases import AppRow


def desired(row: AppRow, release_id: str) -> AppRow:
    """Return the row with a new wish, which replaces whatever was still open for the one before."""
    return replace(
        row,
        release_id=release_id,
        generation=row.generation + 1,
        pending_hosts=[],
        restore_targets={},
        reconcile_hosts=[],
        attempts=0,
        due_at=0.0,
    )


def claimed(row: AppRow, worker: str) -> AppRow:
    """Return the row of an app that a worker works on; its epoch fences all workers before."""
    return replace(row, owner=worker, epoch=row.epoch + 1)


def cut_off(row: AppRow) -> AppRow:
    """Return the row of an app whose run was cut off: free, and nothing of its wish is answered."""
    return replace(row, owner=None, epoch=row.epoch + 1)


def concluded(row: AppRow, *, generation: int, answered: bool) -> AppRow:
    """Return the row of an app whose run ended, which may have answered the wish it was for."""
    applied = generation if answered else row.applied_generation
    return replace(row, owner=None, applied_generation=applied)


def returned_to(row: AppRow, release_id: str) -> AppRow:
    """Return the row with an earlier release desired again; that is no new wish."""
    return replace(row, release_id=release_id)


def settled(
    row: AppRow,
    *,
    pending_hosts: Sequence[str],
    restore_targets: Mapping[str, KeptContainer],
    attempts: int,
    due_at: float,
) -> AppRow:
    """Return the row with the hosts that a run left open, and when they are tried again."""
    pending = list(pending_hosts)
    return replace(
        row,
        pending_hosts=pending,
        restore_targets=dict(restore_targets),
        attempts=attempts,
        due_at=due_at,
    )


def hosts_joined(row: AppRow, hosts: Sequence[str], *, now: float) -> AppRow:
    """Return the row with new hosts that wait for the release, as those do that were away."""
    pending = list(dict.fromkeys([*row.pending_hosts, *hosts]))
    return replace(row, pending_hosts=pending, attempts=0, due_at=now)


def tried_again(row: AppRow, *, now: float) -> AppRow:
    """Return the row with what is open tried at once, however often it was tried in vain."""
    is_open = row.generation > row.applied_generation or row.pending_hosts or row.restore_targets
    return replace(row, attempts=0, due_at=now) if is_open else row


def observation_scheduled(row: AppRow, *, at: float) -> AppRow:
    """Return the row with a time for looking at the hosts, where it has none."""
    return row if row.observe_at is not None else replace(row, observe_at=at)


def observation_due(row: AppRow, *, now: float) -> AppRow:
    """Return the row with its hosts to be looked at now."""
    return replace(row, observe_at=now)


def observed(row: AppRow, *, next_at: float | None, reconcile_hosts: Sequence[str]) -> AppRow:
    """Return the row after a look at the hosts, with those that are to be brought up to date."""
    return replace(row, observe_at=next_at, reconcile_hosts=list(reconcile_hosts))


def reconcile_requested(row: AppRow, *, now: float) -> AppRow:
    """Return the row with a look that is due now, also at hosts that waited for another try."""
    asked = replace(row, observe_at=now)
    return (
        replace(asked, attempts=0, due_at=now)
        if row.pending_hosts or row.restore_targets
        else asked
    )


def removal_ended(row: AppRow) -> AppRow:
    """Return the row of an app that could not be removed from all hosts: nothing else is due."""
    return replace(
        cut_off(row),
        applied_generation=row.generation,
        pending_hosts=[],
        restore_targets={},
        reconcile_hosts=[],
    )


def reconciled(row: AppRow) -> AppRow:
    """Return the row after a run that brought hosts up to date, or tried to."""
    return replace(row, reconcile_hosts=[])
