# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host differs from its app's release, why, and what may be done about it: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.domain.hosts import UNHEALTHY_STATES, HostState
from webhook_bridge.domain.releases import REPLACED, Release

DriftReason = Literal[
    "unreachable",
    "new",
    "rebuilt",
    "behind",
    "put_back",
    "unhealthy",
    "failed",
    "stopped",
    "replaced",
    "duplicate",
    "options",
]
_SENTENCES = {
    "unreachable": "could not be reached at the time",
    "new": "is new in the inventory, or never got this app",
    "rebuilt": "has another Docker Engine than the one that this app was brought to",
    "behind": "still runs another digest, which an earlier run left there",
    "put_back": "put this very digest back; deploy another one, or this one explicitly",
    "unhealthy": "has its container paused or restarting again and again; see its log on the host",
    "failed": "runs nothing: the last run failed there and left no container running",
    "stopped": "had its container stopped or removed by hand",
    "replaced": "runs another container than the one that was put there",
    "duplicate": "runs a second container of this app beside the one that was put there",
    "options": "runs with other options than it should have",
}
# A second container may be a cut-off switch's or somebody's: it is taken for somebody's.
_BY_HAND = ("stopped", "replaced", "duplicate")
# A container that is not well is the right one already: bringing it again would change nothing.
# Other options are a new wish, which somebody has to ask for: then a canary tries them first.
_NOT_BY_ITSELF = ("unreachable", "put_back", "unhealthy", "options")


@dataclass(frozen=True)
class Drift:
    """A host that does not run its app's release, with a reason for programs and for people."""

    host: str
    reason: DriftReason
    options: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say it to people."""
        names = f": {', '.join(self.options)}" if self.options else ""
        return f"{_SENTENCES[self.reason]}{names}"

    @property
    def by_hand(self) -> bool:
        """Say whether somebody changed it: then only `drift: correct` overwrites it."""
        return self.reason in _BY_HAND


def drift_of(state: HostState, *, digest: str) -> Drift | None:
    """Return how a host differs from the release of this digest; None where it does not."""
    reason = _reason(state, digest=digest)
    if reason is None:
        return None
    return Drift(state.host, reason, state.other_options if reason == "options" else ())


def _reason(state: HostState, *, digest: str) -> DriftReason | None:
    if state.digest == digest:
        return "replaced" if _is_another(state) else _flaw(state)
    if not state.reached:
        return "unreachable"
    if state.digest == "" and state.failed:
        return "failed"
    if state.rejected_digest == digest:
        return "put_back"
    if not state.digest:
        return _nothing_runs(state)
    return "replaced" if _is_another(state) else "behind"


def _flaw(state: HostState) -> DriftReason | None:
    """Return what is wrong with a host that runs the release in the right container."""
    if state.health in UNHEALTHY_STATES:
        return "unhealthy"
    if state.extra_container is not None:
        return "duplicate"
    return "options" if state.other_options else None


def _nothing_runs(state: HostState) -> DriftReason:
    if state.deployed_container is None:
        return "new"
    rebuilt = state.daemon != state.deployed_daemon and None not in (
        state.daemon,
        state.deployed_daemon,
    )
    return "rebuilt" if rebuilt else "stopped"


def _is_another(state: HostState) -> bool:
    """Say whether the container that runs is not the one that a run of ours left there."""
    pairs = (
        (state.container, state.deployed_container),
        (state.container_id, state.deployed_container_id),
    )
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def may_reconcile(release: Release, *, held: Mapping[str, str]) -> bool:
    """Say whether a release may be brought to more hosts by itself.

    It proved good on the others, and nothing that is known by now speaks against its digest.
    """
    reason = held.get(release.digest, REPLACED)
    return release.state == "good" and reason == REPLACED


def to_reconcile(
    states: Iterable[HostState],
    *,
    digest: str,
    policy: Literal["report", "correct"],
    now: float,
) -> tuple[str, ...]:
    """Return the hosts that a reconcile run shall bring up to date now.

    Not those that cannot be reached, at which this digest failed on trial, or whose container of
    this digest is not well; those that somebody changed only where the app says `drift: correct`;
    and each only when its back-off has passed.
    """
    due = [state for state in states if state.due_at <= now]
    return tuple(
        state.host for state in due if _may_be_brought(state, digest=digest, policy=policy)
    )


def _may_be_brought(state: HostState, *, digest: str, policy: Literal["report", "correct"]) -> bool:
    drift = drift_of(state, digest=digest)
    if drift is None or drift.reason in _NOT_BY_ITSELF:
        return False
    if drift.reason == "failed" and state.rejected_digest == digest:
        return False
    return policy == "correct" or not drift.by_hand
