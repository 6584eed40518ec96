# SPDX-License-Identifier: GPL-3.0-or-later
"""When each step of each host began and ended in a run, and what its parts took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

StepWord = Literal["preflight", "stage", "before_switch", "switch", "after_switch"]
"""Steps of a host, in their order; `switch` has its health gate in it, and the way back."""

PartWord = Literal["preflight", "stage", "canary", "batches"]
"""Parts of a rollout, in their order: steps that hosts take together, and the batches."""


@dataclass(frozen=True)
class HostStep:
    """One step of one host; times are in seconds since 1970, by the control node's clock."""

    host: str
    step: StepWord
    began_at: float
    ended_at: float
    good: bool


@dataclass(frozen=True)
class Batch:
    """Hosts that were switched together, and when that began."""

    hosts: tuple[str, ...]
    began_at: float


@dataclass(frozen=True)
class RunSteps:
    """All that is known of how a run went on its hosts, in the order in which it was reported."""

    steps: tuple[HostStep, ...] = ()
    batches: tuple[Batch, ...] = ()


NO_STEPS = RunSteps()


@dataclass(frozen=True)
class Span:
    """From when to when something took, in seconds since 1970."""

    began_at: float
    ended_at: float

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return self.ended_at - self.began_at


def parts_of(steps: RunSteps) -> dict[PartWord, Span]:
    """Return when each part of a rollout began and ended; nothing for a part that was not reached.

    The canary is the first batch where others follow it, also where they were not reached.
    """
    together: Mapping[PartWord, Iterable[HostStep]] = {
        "preflight": [one for one in steps.steps if one.step == "preflight"],
        "stage": [one for one in steps.steps if one.step == "stage"],
    }
    found = {part: _span(of) for part, of in together.items()}
    told = {part: span for part, span in found.items() if span is not None}
    return {**told, **_switched(steps)}


def batch_spans(steps: RunSteps) -> list[tuple[Batch, Span]]:
    """Return the batches of a rollout, each from its beginning to its last step so far."""
    return [(batch, _batch_span(steps, batch)) for batch in steps.batches]


def _switched(steps: RunSteps) -> dict[PartWord, Span]:
    if not steps.batches:
        return {}
    first, *others = (span for _, span in batch_spans(steps))
    staged = {one.host for one in steps.steps if one.step == "stage" and one.good}
    if not others and staged <= set(steps.batches[0].hosts):
        return {"batches": first}
    if not others:
        return {"canary": first}
    return {"canary": first, "batches": Span(steps.batches[1].began_at, _last(others))}


def _last(spans: Iterable[Span]) -> float:
    return max(span.ended_at for span in spans)


def _batch_span(steps: RunSteps, batch: Batch) -> Span:
    ends = [
        one.ended_at
        for one in steps.steps
        if one.host in batch.hosts and one.ended_at >= batch.began_at
    ]
    return Span(batch.began_at, max([batch.began_at, *ends]))


def _span(steps: Iterable[HostStep]) -> Span | None:
    times = [(one.began_at, one.ended_at) for one in steps]
    if not times:
        return None
    return Span(min(began for began, _ in times), max(ended for _, ended in times))
