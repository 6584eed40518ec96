# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a run's result for the desired state of its app: pure decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from webhook_bridge.domain.hosts import KeptContainer
from webhook_bridge.domain.outcomes import LEFT_OUT, Outcome, RunResult
from webhook_bridge.domain.releases import UNFINISHED, HeldReason, ReleaseState
from webhook_bridge.domain.runs import RunKind

ROLLOUTS: tuple[RunKind, ...] = ("deploy", "rollback")
"""The kinds of run that bring a release to all hosts of its app, and so decide on it."""

# A child that dies once (out of memory, killed by hand) is tried again; more often means a fault
# that another try would only repeat.
_TRIES_AFTER_INTERRUPTION = 3
# What a host says of a container that failed by itself (module_utils/_container.py, health_word).
# The others are: healthy, not health-checked, starting, and nothing where none ran.
_BY_ITSELF = ("exited", "unhealthy")


@dataclass(frozen=True)
class BackOff:
    """How long to wait before hosts that were away are tried again, in seconds."""

    first: float
    longest: float

    def after(self, attempts: int) -> float:
        """Return the wait after so many tries in a row: doubled each time, up to the longest."""
        return float(min(self.longest, self.first * 2 ** min(attempts, 20)))


@dataclass(frozen=True)
class Situation:
    """What a run was, and what its consequences depend on.

    `digest` is the release's, `returns_to` that of the release to go back to, None where none is
    known; `before` what each host ran before this release came to it; `attempts` the tries in vain
    before this one.
    """

    kind: RunKind
    digest: str
    back_off: BackOff
    hosts: Sequence[str] = ()
    restore_targets: Mapping[str, KeptContainer] = field(default_factory=dict)
    before: Mapping[str, KeptContainer] = field(default_factory=dict)
    returns_to: str | None = None
    attempts: int = 0
    on_failure: Literal["restore", "halt"] = "restore"


@dataclass(frozen=True)
class Consequence:
    """What is to be written for the app after a run.

    `answered`: the run answered its generation, so nothing more is to be done for it. `hold`: why
    its digest is held; UNFINISHED for one that is not, but that no poll brings again.
    `go_back`: the release before becomes the desired one again. `restore_targets`: what hosts
    return to, each to the very container that it ran. `note` is added to the run's reason, for
    people.
    """

    answered: bool
    release_state: ReleaseState | None = None
    hold: HeldReason | None = None
    go_back: bool = False
    pending_hosts: tuple[str, ...] = ()
    wait: float = 0.0
    restore_targets: Mapping[str, KeptContainer] = field(default_factory=dict)
    note: str = ""


def consequence_of(result: RunResult, situation: Situation) -> Consequence:
    """Decide what a run's result means for its app.

    A digest that was put back is held, so that no repeat brings it again. A run that was sent to
    some hosts only speaks for these, so it never changes the release.
    """
    if situation.kind in ROLLOUTS:
        return _after_rollout(result, situation)
    if result.state in ("canceled", "superseded"):
        return Consequence(True)
    if situation.kind == "restore":
        return _after_restore_run(result, situation)
    if situation.kind == "catch_up":
        return _after_catch_up(result, situation)
    return Consequence(True)


def _after_rollout(result: RunResult, situation: Situation) -> Consequence:
    if result.state == "interrupted":
        return _after_interruption(situation)
    if result.state in ("canceled", "superseded"):
        return Consequence(True, result.state)
    if result.inventory_failed:
        wait = situation.back_off.after(situation.attempts)
        return Consequence(False, wait=wait, note="tried again, with growing pauses")
    away = tuple(result.hosts(*LEFT_OUT, "skipped"))
    wait = situation.back_off.after(situation.attempts) if away else 0.0
    if _nobody_was_reached(result):
        return Consequence(False, wait=wait)
    if result.state in ("succeeded", "partial"):
        return Consequence(True, "good", pending_hosts=away, wait=wait)
    return _after_failure(result, situation)


def _nobody_was_reached(result: RunResult) -> bool:
    """A release that no host has seen yet stays wanted as a whole, with its canary first."""
    left_out = result.hosts(*LEFT_OUT, "skipped")
    return bool(left_out) and len(left_out) == len(result.outcomes)


def _after_failure(result: RunResult, situation: Situation) -> Consequence:
    """Hold a digest that was tried; where the app says so, undo what the rollout had switched."""
    switched = _switched(result, situation)
    condemned = _why_condemned(result)
    was_restored = result.state == "restored"
    # One that stays wanted although nothing speaks against it: its next push is another try.
    open_again = condemned is None and situation.on_failure == "halt"
    state: ReleaseState = "restored" if was_restored and not open_again else "failed"
    hold = None if situation.returns_to == situation.digest else condemned or UNFINISHED
    untouched = condemned is None and not switched and not was_restored
    if untouched and situation.returns_to == situation.digest:
        # Nothing was changed, and the digest ran well before: its release stays the one to keep to.
        return Consequence(True, state, go_back=True)
    if situation.on_failure == "halt":
        return Consequence(True, state, hold=hold, note=_halted(switched))
    if untouched:
        return Consequence(True, state, hold=hold)
    return replace(_undone(result, situation, switched), release_state=state, hold=hold)


def _undone(result: RunResult, situation: Situation, switched: Sequence[str]) -> Consequence:
    """Return hosts to the very containers that they ran, the others to the digest before.

    Where that is the same digest, only its options changed, and nothing else needs to be brought.
    """
    restore_targets = {
        host: situation.before[host] for host in switched if host in situation.before
    }
    by_digest = tuple(host for host in switched if host not in restore_targets)
    away = tuple(result.hosts(*LEFT_OUT))
    note = _returning(tuple(restore_targets), by_digest, situation)
    wait = situation.back_off.after(situation.attempts) if away and not switched else 0.0
    pending = () if situation.returns_to in (None, situation.digest) else (*by_digest, *away)
    return Consequence(
        True,
        go_back=True,
        pending_hosts=pending,
        wait=wait,
        restore_targets=restore_targets,
        note=note,
    )


def _switched(result: RunResult, situation: Situation) -> list[str]:
    """Return the hosts that this rollout brought to the release, in this run or in one before.

    A run that follows an interrupted one finds its hosts unchanged, and a host that failed may run
    the release all the same. Hosts that did not get to say what became of them count where they
    can be brought to what they ran.
    """
    earlier = [host for host in result.hosts("unchanged") if host in situation.before]
    failed = [one for one in result.outcomes if one.outcome == "failed"]
    left = [one.host for one in failed if one.running == situation.digest]
    silent = [one.host for one in failed if one.step == "report"]
    doubtful = [host for host in silent if _can_return(host, situation)]
    return [*result.hosts("updated"), *earlier, *left, *doubtful]


def _can_return(host: str, situation: Situation) -> bool:
    known = situation.returns_to is not None or host in situation.before
    return known and situation.on_failure == "restore"


def _halted(switched: Sequence[str]) -> str:
    if not switched:
        return ""
    return f"halted: {', '.join(switched)} keep it (rollout.on_failure: halt)"


def _returning(
    restore_targets: Sequence[str], by_digest: Sequence[str], situation: Situation
) -> str:
    said = (
        [f"{', '.join(restore_targets)} return to what they ran before"] if restore_targets else []
    )
    if by_digest and situation.returns_to is None:
        said.append(f"{', '.join(by_digest)} stay as they are: no good release came before")
    elif by_digest and situation.returns_to != situation.digest:
        said.append(f"{', '.join(by_digest)} go back to the release before")
    return "; ".join(said)


def _after_restore_run(result: RunResult, situation: Situation) -> Consequence:
    """Try again where a host did not get to say; where it failed, bring the digest at least.

    Its other hosts were to be caught up.
    """
    heard = _heard(result)
    left = {host: kept for host, kept in situation.restore_targets.items() if host not in heard}
    failed = [] if result.state == "interrupted" else result.hosts("failed")
    by_digest = [host for host in failed if host in situation.restore_targets]
    others = [host for host in situation.hosts if host not in (*situation.restore_targets, *heard)]
    wait = situation.back_off.after(situation.attempts) if left or others else 0.0
    return Consequence(True, restore_targets=left, pending_hosts=(*others, *by_digest), wait=wait)


def _after_catch_up(result: RunResult, situation: Situation) -> Consequence:
    """Keep the hosts that nobody has heard of yet: away, skipped, or the run never got there."""
    heard = _heard(result)
    pending = tuple(host for host in situation.hosts if host not in heard)
    wait = situation.back_off.after(situation.attempts) if pending else 0.0
    return Consequence(True, pending_hosts=pending, wait=wait)


def _heard(result: RunResult) -> list[str]:
    heard = result.hosts("updated", "unchanged")
    if result.state != "interrupted":
        heard += result.hosts("restored", "failed")
    return heard


def _after_interruption(situation: Situation) -> Consequence:
    give_up = situation.attempts + 1 >= _TRIES_AFTER_INTERRUPTION
    state: ReleaseState | None = "failed" if give_up else None
    return Consequence(give_up, state, wait=situation.back_off.after(situation.attempts))


def _why_condemned(result: RunResult) -> HeldReason | None:
    """Return why an image is held after it was tried; None where nothing speaks against it."""
    if not any(_condemns(one) for one in result.outcomes):
        return None
    return "put back" if result.state == "restored" else "not healthy"


def _condemns(one: Outcome) -> bool:
    """Say whether a container of the image was started on a host, and failed by itself.

    Not where the daemon could not start it (`health` is empty: a device, a port, a network, the
    image was pruned), where time ran out before its check had its say, or where it ran well and
    something around it failed, such as a hook.
    """
    tried = one.outcome in ("restored", "failed") and one.step == "switch"
    return tried and one.health in _BY_ITSELF
