# SPDX-License-Identifier: GPL-3.0-or-later
"""When each step of each host began and ended in a run, and what its parts took."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

StepWord = Literal[
    "preflight", "stage", "before_switch", "switch", "health", "way_back", "after_switch"
]
"""Steps of a host, in their order. `health`, the wait for the new container, and `way_back`, until
the old one serves again, lie within the `switch`."""

WITHIN_SWITCH: tuple[StepWord, ...] = ("health", "way_back")

PartWord = Literal[
    "preflight",
    "stage",
    "canary",
    "canary_health",
    "canary_way_back",
    "batches",
    "batches_health",
    "batches_way_back",
]
"""Parts of a rollout, in their order: steps that hosts take together, and the batches; what lies
within a switch follows the canary, or the batches, that it is a part of."""


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
    """From when to when something took, in seconds since 1970.

    `busy` is how long it took where it was not all the time between.
    """

    began_at: float
    ended_at: float
    busy: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return self.ended_at - self.began_at if self.busy is None else self.busy


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
        return {"batches": first, **_within("batches", steps, steps.batches)}
    canary: dict[PartWord, Span] = {"canary": first, **_within("canary", steps, steps.batches[:1])}
    if not others:
        return canary
    following = Span(steps.batches[1].began_at, _last(others))
    return {**canary, "batches": following, **_within("batches", steps, steps.batches[1:])}


_WITHIN: Mapping[PartWord, Mapping[StepWord, PartWord]] = {
    "canary": {"health": "canary_health", "way_back": "canary_way_back"},
    "batches": {"health": "batches_health", "way_back": "batches_way_back"},
}
WITHIN: Mapping[PartWord, tuple[PartWord, StepWord]] = {
    inner: (outer, step) for outer, steps in _WITHIN.items() for step, inner in steps.items()
}
"""Parts that lie within another one: in which, and of which step of its hosts they are made."""


def _within(part: PartWord, steps: RunSteps, batches: Iterable[Batch]) -> dict[PartWord, Span]:
    """Return what of the canary, or of the batches, lies within the switches of its hosts."""
    hosts = {host for batch in batches for host in batch.hosts}
    found: dict[PartWord, Span] = {}
    for step, inner in _WITHIN[part].items():
        spans = spans_of_step(steps, step, hosts)
        if spans:
            busy = round(sum(one.seconds for one in spans), 3)
            found[inner] = Span(spans[0].began_at, spans[-1].ended_at, busy)
    return found


def spans_of_step(steps: RunSteps, step: StepWord, hosts: Collection[str]) -> list[Span]:
    """Return when one of these hosts or another was in a step: in order, and apart from another."""
    times = sorted(
        (one.began_at, one.ended_at)
        for one in steps.steps
        if one.step == step and one.host in hosts
    )
    found: list[Span] = []
    for began, ended in times:
        if found and began <= found[-1].ended_at:
            found[-1] = Span(found[-1].began_at, max(found[-1].ended_at, ended))
        else:
            found.append(Span(began, ended))
    return found


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
