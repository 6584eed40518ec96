# SPDX-License-Identifier: GPL-3.0-or-later
"""What decides on the end of a run, and what was decided: values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from webhook_bridge.domain.consequences import BackOff
from webhook_bridge.domain.hosts import HostState, KeptContainer, Observation
from webhook_bridge.domain.inventory import AppInventory, LossPolicy
from webhook_bridge.domain.outcomes import RunResult
from webhook_bridge.domain.releases import AppRow, HeldReason, Release, ReleaseState


@dataclass(frozen=True)
class ReconcilePolicy:
    """What the settings and an app say about drift; `every` is 0 where nobody looks by itself."""

    every: float
    back_off: BackOff
    drift: Literal["report", "correct"]


@dataclass(frozen=True)
class Policy:
    """What an app and the settings say about the end of a run."""

    back_off: BackOff
    on_failure: Literal["restore", "halt"]
    reconcile: ReconcilePolicy
    loss: LossPolicy = field(default_factory=LossPolicy)


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it saw.

    `removed` are hosts that it was for and that the inventory has no more: nothing waits for them.
    `expected` are those that it was to bring its release to.
    """

    result: RunResult
    observations: Sequence[Observation] = ()
    removed: Sequence[str] = ()
    expected: Sequence[str] = ()


@dataclass(frozen=True)
class Known:
    """What the store knows when a run ends.

    `before` is the release that the app would go back to, `found` what each host ran when a run
    brought it to this release's digest, the oldest first.
    """

    row: AppRow
    canceled_by: str | None = None
    desired: Release | None = None
    before: Release | None = None
    states: Mapping[str, HostState] = field(default_factory=dict)
    found: Mapping[str, Sequence[KeptContainer]] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    inventory: AppInventory | None = None


@dataclass(frozen=True)
class RunEnd:
    """What is to be written when a run ends.

    `row` is None where the worker had lost the app: then it writes to its own run alone. `hold` is
    why the release's digest is held (see Consequence), `lifted` a digest that is held no longer.
    `looked_at` are all hosts of the app, after a look that saw them; `inventory` are those that it
    has by that, or by a rollout, and what is known of others is forgotten.
    """

    result: RunResult
    row: AppRow | None = None
    release_state: ReleaseState | None = None
    hold: HeldReason | None = None
    lifted: str | None = None
    states: tuple[HostState, ...] = ()
    looked_at: tuple[str, ...] = ()
    inventory: AppInventory | None = None
