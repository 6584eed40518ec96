# SPDX-License-Identifier: GPL-3.0-or-later
"""How far what a delivery is about has come, for whoever waits for its end: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webhook_bridge.domain.exit_codes import ExitCode, exit_code_of, worst
from webhook_bridge.domain.outcomes import RunState
from webhook_bridge.domain.releases import Cause, Release
from webhook_bridge.domain.verdicts import VERDICTS, short

# What these verdicts say is as it should be, with no release to wait for.
_WELL = ("unchanged", "duplicate", "hosts_changed")


@dataclass(frozen=True)
class DecisiveRun:
    """The rollout that decides on a release; where others overtook it, `release_id` is theirs."""

    id: str
    release_id: str
    kind: str
    state: RunState
    started_at: float
    ended_at: float | None
    cause: Cause = "delivery"
    digest: str = ""


@dataclass(frozen=True)
class Rollout:
    """A release, and its rollout once there is one; `has_app` is False for a removed app."""

    release: Release
    run: DecisiveRun | None = None
    has_app: bool = True

    @property
    def is_overtaken(self) -> bool:
        """Say whether the run is that of a newer release, which came before this one was run."""
        return self.run is not None and self.run.release_id != self.release.id

    @property
    def is_replaced_by_hand(self) -> bool:
        """Say whether somebody asked for another digest in its place, by a rollback or a deploy.

        A newer push stands for this one; what a person chose instead does not.
        """
        run = self.run
        return (
            self.is_overtaken
            and run is not None
            and run.cause != "delivery"
            and run.digest != self.release.digest
        )

    @property
    def state(self) -> str:
        """Return `waiting`, or the state of the run; `superseded` for one that never comes."""
        release, run = self.release, self.run
        if release.state == "good" and (run is None or self.is_overtaken):
            return "succeeded"  # its own run is not kept any more
        if run is not None and run.state != "interrupted":
            is_good = run.state in ("succeeded", "partial")
            return "superseded" if is_good and self.is_replaced_by_hand else run.state
        if release.state in ("restored", "failed", "canceled"):
            return release.state
        return "waiting" if self.has_app else "superseded"

    @property
    def exit_code(self) -> ExitCode | None:
        """Return how it went; None while it goes on."""
        return _EXIT_CODES.get(self.state)

    @property
    def sentence(self) -> str:
        """Say how far it has come, for people; names no host."""
        named = self.release.version or short(self.release.digest)
        run = "" if self.run is None else f" (run {self.run.id[:8]})"
        overtaken = self.is_overtaken and self.release.state != "good"
        who = "somebody's deploy or rollback" if self.is_replaced_by_hand else "a newer release"
        by = f", overtaken by {who}" if overtaken else ""
        return f"{self.release.app} {named}{by}: {_WORDS.get(self.state, self.state)}{run}"


_ENDS: tuple[RunState, ...] = (
    "succeeded",
    "partial",
    "restored",
    "failed",
    "interrupted",
    "canceled",
    "superseded",
)
_EXIT_CODES: Mapping[str, ExitCode] = {state: exit_code_of(state) for state in _ENDS}
_WORDS = {
    "waiting": "waits for its rollout",
    "running": "the rollout goes on",
    "succeeded": "succeeded: it runs on all its hosts",
    "partial": "partial: hosts that could not be reached are brought up to date when they are back",
    "restored": "restored: it failed, and the containers before it run again",
    "failed": "failed",
    "canceled": "canceled before its end",
    "superseded": "superseded: it was not brought to all its hosts",
}


@dataclass(frozen=True)
class DeliveryEnd:
    """How far a delivery has come; `exit_code` is None while it goes on."""

    state: str
    exit_code: ExitCode | None
    sentence: str


def delivery_end(
    verdict: str | None, detail: str | None, rollouts: Sequence[Rollout]
) -> DeliveryEnd:
    """Return how far a delivery has come, of its verdict and of what it led to."""
    if verdict is None:
        why = f": {detail}" if detail else ""
        return DeliveryEnd("waiting", None, f"waits for its verdict{why}")
    if not rollouts:
        return _without_rollout(verdict)
    sentence = "; ".join(one.sentence for one in rollouts)
    codes = [one.exit_code for one in rollouts if one.exit_code is not None]
    if len(codes) < len(rollouts):
        state = next(one.state for one in rollouts if one.exit_code is None)
        return DeliveryEnd(state, None, sentence)
    code = worst(codes)
    state = next(one.state for one in rollouts if one.exit_code == code)
    return DeliveryEnd(state, code, sentence)


def _without_rollout(verdict: str) -> DeliveryEnd:
    """Return the end of a delivery that brings nothing, as it would be of a deploy: refused."""
    code = ExitCode.OK if verdict in _WELL else ExitCode.REFUSED
    return DeliveryEnd("no_rollout", code, f"{verdict}: {VERDICTS.get(verdict, verdict)}")
