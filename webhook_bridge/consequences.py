# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a run's result for the desired state of its app: pure decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.outcomes import RunResult
from webhook_bridge.store.releases import ReleaseState
from webhook_bridge.store.runs import RunKind

# A child that dies once (out of memory, killed by hand) is tried again; more often means a fault
# that another try would only repeat.
_TRIES_AFTER_INTERRUPTION = 3


@dataclass(frozen=True)
class BackOff:
    """How long to wait before hosts that were away are tried again, in seconds."""

    first: float
    longest: float

    def after(self, attempts: int) -> float:
        """Return the wait after so many tries in a row: doubled each time, up to the longest."""
        return float(min(self.longest, self.first * 2 ** min(attempts, 20)))


@dataclass(frozen=True)
class Consequence:
    """What is to be written for the app after a run.

    `answered`: the run answered its generation, so nothing more is to be done for it.
    `go_back`: the release before becomes the desired one again.
    """

    answered: bool
    release_state: ReleaseState | None
    hold: bool
    go_back: bool
    pending_hosts: tuple[str, ...]
    wait: float


def consequence_of(
    result: RunResult,
    *,
    kind: RunKind,
    hosts: Sequence[str],
    attempts: int,
    back_off: BackOff,
    on_failure: Literal["restore", "halt"],
) -> Consequence:
    """Decide what a run's result means for its app.

    A digest that was put back is held, so that no repeat brings it again. A catch-up run speaks
    only for the hosts it was sent to, so it never changes the release.
    """
    if kind == "catch_up":
        return _after_catch_up(result, hosts=hosts, wait=back_off.after(attempts))
    if result.state == "interrupted":
        return _after_interruption(attempts=attempts, back_off=back_off)
    away = tuple(result.hosts("unreachable", "skipped"))
    wait = back_off.after(attempts) if away else 0.0
    if _nobody_was_reached(result):
        return Consequence(False, None, False, False, (), wait)
    if result.state in ("succeeded", "partial"):
        return Consequence(True, "good", False, False, away, wait)
    if result.state == "restored":
        restore = on_failure == "restore"
        return _after_restore(result, restore=restore, wait=wait)
    return Consequence(True, "failed", _failed_on_trial(result), False, (), 0.0)


def _nobody_was_reached(result: RunResult) -> bool:
    """A release that no host has seen yet stays wanted as a whole, with its canary first."""
    return bool(result.outcomes) and len(result.hosts("unreachable", "skipped")) == len(
        result.outcomes
    )


def _after_catch_up(result: RunResult, *, hosts: Sequence[str], wait: float) -> Consequence:
    """Keep the hosts that nobody has heard of yet: away, skipped, or the run never got there."""
    heard = result.hosts("updated", "unchanged")
    if result.state != "interrupted":
        heard += result.hosts("restored", "failed")
    pending = tuple(host for host in hosts if host not in heard)
    return Consequence(True, None, False, False, pending, wait if pending else 0.0)


def _after_restore(result: RunResult, *, restore: bool, wait: float) -> Consequence:
    """Go back to the release before; the hosts already switched are brought back to it at once."""
    if not restore:
        return Consequence(True, "restored", True, False, (), 0.0)
    switched = result.hosts("updated")
    pending = (*switched, *result.hosts("unreachable"))
    return Consequence(True, "restored", True, True, pending, 0.0 if switched else wait)


def _after_interruption(*, attempts: int, back_off: BackOff) -> Consequence:
    give_up = attempts + 1 >= _TRIES_AFTER_INTERRUPTION
    state: ReleaseState | None = "failed" if give_up else None
    return Consequence(give_up, state, False, False, (), back_off.after(attempts))


def _failed_on_trial(result: RunResult) -> bool:
    """A digest whose container was started and failed is held; one that never ran is not."""
    failed = [one for one in result.outcomes if one.outcome == "failed" and one.step == "switch"]
    return any(one.health or one.log for one in failed)
