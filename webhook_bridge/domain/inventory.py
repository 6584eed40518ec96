# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts an app has, and what a reading of the inventory changes about that: pure.

A reading is believed at once where it has more hosts, or a few less. One that lost many, or all,
may be a filter that matches nothing for a minute, a region that answers with half of its instances,
or a right that was taken away: then the hosts that were known stay known.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from webhook_bridge.domain.drift import may_reconcile
from webhook_bridge.domain.events import BRIDGE, EventKind, NewEvent
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import AppRow, Release

InventoryState = Literal["read", "failed", "empty", "shrank"]
"""How the last reading ended: believed, no answer, an answer without hosts, one that lost many."""

_EVENTS: Mapping[InventoryState, EventKind] = {
    "read": "inventory.read",
    "failed": "inventory.failed",
    "empty": "inventory.empty",
    "shrank": "inventory.shrank",
}


@dataclass(frozen=True)
class LossPolicy:
    """How much of an app's hosts one reading may lose, and when a second one counts.

    `max_loss` is a share of 1, `seen_twice_after` seconds between the two readings.
    """

    max_loss: float = 0.5
    seen_twice_after: float = 30.0


@dataclass(frozen=True)
class AppInventory:
    """The hosts of an app as they were read last, at `read_at`, and how the newest reading ended.

    `reason` says why that is not `read`. `fewer` is what a reading said that was not believed, and
    `fewer_at` when it said so first; None before. `new` are hosts that came and were not brought to
    the app's release yet.
    """

    app: str
    hosts: tuple[str, ...] = ()
    read_at: float | None = None
    state: InventoryState = "read"
    reason: str = ""
    fewer: tuple[str, ...] | None = None
    fewer_at: float | None = None
    new: tuple[str, ...] = ()


def most_lost(hosts: int, max_loss: float) -> int:
    """Return how many of so many hosts one reading may lose: one is never too many."""
    return max(1, math.floor(hosts * max_loss))


def first_known(app: str, states: Collection[str]) -> AppInventory:
    """Return what is known of an app whose hosts were never read: those that were seen."""
    return AppInventory(app, tuple(sorted(states)))


def after_reading(
    known: AppInventory, hosts: Sequence[str], policy: LossPolicy, *, now: float
) -> AppInventory:
    """Return what is known after a reading that was answered."""
    if not hosts and (known.hosts or known.read_at is None):
        reason = f"the inventory has no host of {known.app}{_instead_of(known)}"
        return _doubted(known, (), "empty", reason, now=now)
    if _lost_too_many(known, hosts, policy) and not _seen_before(known, hosts, policy, now=now):
        reason = _shrank_sentence(known, hosts)
        return _doubted(known, tuple(hosts), "shrank", reason, now=now)
    return _believed(known, tuple(hosts), now=now)


def after_failure(known: AppInventory, reason: str) -> AppInventory:
    """Return what is known after a reading without an answer: the hosts stay as they were."""
    return replace(known, state="failed", reason=reason)


def confirmed(known: AppInventory, *, now: float) -> AppInventory | None:
    """Return what is known after a person confirmed the loss; None where there is none."""
    return None if known.fewer is None else _believed(known, known.fewer, now=now)


def _believed(known: AppInventory, hosts: tuple[str, ...], *, now: float) -> AppInventory:
    came = [host for host in hosts if host not in known.hosts]
    waiting = [host for host in known.new if host in hosts]
    new = tuple(dict.fromkeys([*waiting, *came]))
    return AppInventory(known.app, hosts, now, new=new)


def _doubted(
    known: AppInventory,
    hosts: tuple[str, ...],
    state: InventoryState,
    reason: str,
    *,
    now: float,
) -> AppInventory:
    same = known.fewer is not None and set(hosts) == set(known.fewer)
    first_at = known.fewer_at if same else now
    return replace(known, state=state, reason=reason, fewer=hosts, fewer_at=first_at)


def _lost_too_many(known: AppInventory, hosts: Sequence[str], policy: LossPolicy) -> bool:
    return len(lost_hosts(known, hosts)) > most_lost(len(known.hosts), policy.max_loss)


def _seen_before(
    known: AppInventory, hosts: Sequence[str], policy: LossPolicy, *, now: float
) -> bool:
    """Say whether an earlier reading lost the same hosts, long enough ago."""
    if known.fewer is None or known.fewer_at is None:
        return False
    same = set(lost_hosts(known, hosts)) <= set(lost_hosts(known, known.fewer))
    return same and now - known.fewer_at >= policy.seen_twice_after


def lost_hosts(known: AppInventory, hosts: Collection[str]) -> list[str]:
    """Return the known hosts that are not among these."""
    return [host for host in known.hosts if host not in hosts]


def _instead_of(known: AppInventory) -> str:
    return f", which had {_named(known.hosts)}" if known.hosts else ""


def _shrank_sentence(known: AppInventory, hosts: Sequence[str]) -> str:
    lost = lost_hosts(known, hosts)
    return (
        f"the inventory has lost {len(lost)} of the {len(known.hosts)} hosts of {known.app}: "
        f"{_named(lost)}"
    )


_MOST_NAMED = 10


def _named(hosts: Sequence[str]) -> str:
    more = len(hosts) - _MOST_NAMED
    said = ", ".join(hosts[:_MOST_NAMED])
    return f"{said} and {more} more" if more > 0 else said


def hosts_to_bring(
    inventory: AppInventory,
    row: AppRow,
    release: Release | None,
    *,
    held: Mapping[str, str],
    states: Mapping[str, HostState],
) -> tuple[str, ...]:
    """Return the new hosts to bring to the app's release now; none while a rollout is to come.

    Not to a release that proved good nowhere, or whose digest is held, and not those that a run
    has been to by itself meanwhile.
    """
    if release is None or row.owner is not None or row.generation > row.applied_generation:
        return ()
    if not may_reconcile(release, held=held):
        return ()
    return tuple(
        host
        for host in inventory.new
        if host not in row.pending_hosts and not _was_visited(states.get(host))
    )


def _was_visited(state: HostState | None) -> bool:
    return state is not None and bool(state.digest or state.deployed_container or state.failed)


def still_new(
    inventory: AppInventory, states: Mapping[str, HostState], *, brought: Collection[str] = ()
) -> AppInventory:
    """Return an app's hosts without the mark on those that a run has been to, or is to go to."""
    left = [host for host in inventory.new if host not in brought]
    new = tuple(host for host in left if not _was_visited(states.get(host)))
    return replace(inventory, new=new)


def reading_events(before: AppInventory, after: AppInventory, *, now: float) -> list[NewEvent]:
    """Return what is told of a reading: hosts that came and went, and troubles when they begin."""
    came = [host for host in after.hosts if host not in before.hosts]
    went = lost_hosts(before, after.hosts)
    data = {"came": came, "went": went} if after.state == "read" else {"reason": after.reason}
    if before.read_at is None and after.state == "read":
        return []  # the hosts that it has from the beginning
    changed = came or went or before.state != after.state
    kind = _EVENTS[after.state]
    return [NewEvent(kind, BRIDGE, now, after.app, data=data)] if changed else []


def confirmed_event(
    before: AppInventory, after: AppInventory, *, actor: str, now: float
) -> NewEvent:
    """Return that a person confirmed that hosts are gone."""
    went = lost_hosts(before, after.hosts)
    return NewEvent("inventory.confirmed", actor, now, after.app, data={"went": went})
