# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of a rollout went, from the sender's push to the last host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.runs import Run
from webhook_bridge.executor.events import read_events

PhaseKind = Literal["wait", "work"]
# What our playbooks call their plays; see playbooks/deploy.yml and its plays.
_STAGE, _SWITCH, _REPORT = "stage the release", "switch to the release", "report the hosts"
# A task is one event for all hosts: thousands of them are no rollout of ours.
_MOST_EVENTS = 50_000


@dataclass(frozen=True)
class Phase:
    """A stretch of time, in seconds since the epoch; `ended_at` is None while it goes on."""

    name: str
    kind: PhaseKind
    started_at: float
    ended_at: float | None
    hosts: tuple[str, ...] = ()
    """The hosts that reported an outcome in it."""

    def seconds(self, now: float) -> float:
        """Return how long it took, or has taken."""
        return max(0.0, (now if self.ended_at is None else self.ended_at) - self.started_at)


@dataclass(frozen=True)
class Waterfall:
    """All phases of a rollout in their order."""

    phases: Sequence[Phase]
    now: float

    @property
    def started_at(self) -> float:
        """When the first began."""
        return self.phases[0].started_at

    @property
    def total(self) -> float:
        """How long all of it took, in seconds."""
        return max(0.001, max(one.ended_at or self.now for one in self.phases) - self.started_at)

    @property
    def slowest(self) -> Phase:
        """The phase that took longest."""
        return max(self.phases, key=lambda one: one.seconds(self.now))

    def bars(self, *, width: int = 1000) -> list[tuple[Phase, float, float]]:
        """Return each phase with the start and the length of its bar, of `width` in all."""
        scale = width / self.total
        return [
            (
                one,
                round((one.started_at - self.started_at) * scale, 1),
                round(max(2.0, one.seconds(self.now) * scale), 1),
            )
            for one in self.phases
        ]


def waterfall(run: Run, *, delivery: Delivery | None, events: Path, now: float) -> Waterfall:
    """Return the phases of a run, and of the delivery that brought its release, if one did."""
    before = [] if delivery is None else _before(run, delivery)
    told = list(islice(read_events(events), _MOST_EVENTS))
    return Waterfall([*before, *_of_run(run, told)], now)


def _before(run: Run, delivery: Delivery) -> list[Phase]:
    decided_at = delivery.decided_at
    if decided_at is None or run.started_at < decided_at:
        return []
    return [
        Phase("received, stored, decided", "work", delivery.received_at, decided_at),
        Phase("waited for its run", "wait", decided_at, run.started_at),
    ]


def _of_run(run: Run, told: Sequence[Mapping[str, Any]]) -> list[Phase]:
    starts = [("pre-flight", run.started_at), *_plays(told)]
    if run.kind == "observe" or len(starts) == 1:
        starts = [("run", run.started_at)]
    ends = [*(at for _, at in starts[1:]), run.ended_at]
    phases = [Phase(name, "work", at, end) for (name, at), end in zip(starts, ends, strict=True)]
    return _with_hosts(_named(phases), told)


def _plays(told: Iterable[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Return when each stage, batch and report began: a batch begins with its play's first task."""
    found: list[tuple[str, float]] = []
    play, first = "", ""
    for event in told:
        if event.get("event") != "step" or not isinstance(event.get("at"), int | float):
            continue
        name, task = str(event.get("play", "")).lower(), str(event.get("task", ""))
        if name != play:
            play, first = name, task
        elif task != first or not name.startswith(_SWITCH):
            continue
        kind = _kind_of(name)
        if kind is not None:
            found.append((kind, float(event["at"])))
    return found


def _kind_of(play: str) -> str | None:
    words = {_STAGE: "stage", _SWITCH: "batch", _REPORT: "report"}
    return next((word for start, word in words.items() if play.startswith(start)), None)


def _named(phases: Sequence[Phase]) -> list[Phase]:
    """Number the batches; the first of several is the canary."""
    batches = [one for one in phases if one.name == "batch"]
    names = [f"batch {number}" for number in range(1, len(batches) + 1)]
    if len(names) > 1:
        names[0] = "canary"
    elif names:
        names[0] = "switch"
    left = iter(names)
    return [replace(one, name=next(left)) if one.name == "batch" else one for one in phases]


def _with_hosts(phases: Sequence[Phase], told: Iterable[Mapping[str, Any]]) -> list[Phase]:
    reported: dict[str, float] = {
        str(event["host"]): float(event["at"])
        for event in told
        if event.get("event") == "outcome" and isinstance(event.get("at"), int | float)
    }
    return [
        replace(
            one,
            hosts=tuple(
                host
                for host, at in reported.items()
                if one.started_at <= at and (one.ended_at is None or at < one.ended_at)
            ),
        )
        for one in phases
    ]
