# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment would change on each host, by what is known of them: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from webhook_bridge.domain.hosts import HostState

ChangeWord = Literal["unchanged", "image", "options", "start", "unknown", "left_out"]
"""unchanged: runs it already · image: another digest runs there · options: the digest runs there
with other options · start: nothing runs there · unknown: nobody has seen what runs there ·
left_out: it could not be reached at the last look, and is left out unless it is back."""


@dataclass(frozen=True)
class Problem:
    """Why nothing would be deployed: a word for programs, a sentence for people."""

    code: str
    why: str


@dataclass(frozen=True)
class HostPlan:
    """What would happen on one host; `options` are names, never values.

    `seen_at` is when the host was seen last, in seconds since 1970; None where nobody has seen it.
    """

    host: str
    change: ChangeWord
    digest: str = ""
    options: tuple[str, ...] = ()
    seen_at: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class AppPlan:
    """What a deployment of an app would do.

    `hosts` are in the order of the inventory, `batches` in that of the rollout. With `problem`
    nothing would be done at all.
    """

    app: str
    tag: str | None
    digest: str
    hosts: tuple[HostPlan, ...] = ()
    batches: tuple[tuple[str, ...], ...] = ()
    problem: Problem | None = None

    @property
    def changes(self) -> tuple[HostPlan, ...]:
        """Return the hosts on which something would change, as far as is known."""
        return tuple(one for one in self.hosts if one.change not in ("unchanged", "left_out"))

    @property
    def known_at(self) -> float | None:
        """Return the oldest time at which one of the hosts was seen; None where none was."""
        return min((one.seen_at for one in self.hosts if one.seen_at is not None), default=None)


def host_plan(host: str, state: HostState | None, *, digest: str) -> HostPlan:
    """Return what bringing a digest to a host would change there."""
    if state is None or (state.digest is None and state.reached):
        return HostPlan(host, "unknown", seen_at=None if state is None else state.seen_at)
    if not state.reached:
        return HostPlan(
            host, "left_out", state.digest or "", seen_at=state.seen_at, remark=state.reason
        )
    rejected = "it put this very digest back before" if state.rejected_digest == digest else ""
    return HostPlan(
        host,
        _change(state, digest=digest),
        state.digest or "",
        state.other_options,
        state.seen_at,
        rejected,
    )


def _change(state: HostState, *, digest: str) -> ChangeWord:
    if not state.digest:
        return "start"
    if state.digest != digest:
        return "image"
    return "options" if state.other_options else "unchanged"


def host_plans(
    hosts: Sequence[str], states: Mapping[str, HostState], *, digest: str
) -> tuple[HostPlan, ...]:
    """Return what would change on each of these hosts, in their order."""
    return tuple(host_plan(host, states.get(host), digest=digest) for host in hosts)


def sentence_of(plan: AppPlan, *, version: str) -> str:
    """Say in one sentence what would happen; `version` is what people call the digest."""
    if plan.problem is not None:
        return f"{plan.app}: nothing would be done: {plan.problem.why}"
    if not plan.hosts:
        return f"{plan.app}: nothing would be done: no host is known"
    away = sum(one.change == "left_out" for one in plan.hosts)
    left = f"; {_hosts(away)} would be left out" if away else ""
    count = len(plan.changes)
    if not count:
        same = len(plan.hosts) - away
        return f"{plan.app}: nothing to do: {_hosts(same)} run {version}{left}"
    return (
        f"{plan.app}: {version} would come to {count} of {_hosts(len(plan.hosts))} "
        f"in {_batches(plan)}{left}"
    )


def _batches(plan: AppPlan) -> str:
    if len(plan.batches) == 1:
        return "one batch"
    return f"{len(plan.batches)} batches, {', '.join(plan.batches[0])} first"


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"
