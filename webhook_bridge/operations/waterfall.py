# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a run as a picture: a bar for each part, beside the median of its app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from webhook_bridge.domain.run_steps import (
    WITHIN,
    PartWord,
    RunSteps,
    Span,
    batch_spans,
    spans_of_step,
)
from webhook_bridge.domain.runs import Run
from webhook_bridge.domain.timeline import (
    Timeline,
    TimelineWord,
    going_on,
    longest_of,
    name_of,
    sentence_of,
    total_of,
)
from webhook_bridge.operations.timeline import ComparedTimeline, compared_timeline

_WIDTH = 1000.0
_THINNEST = 3.0
_MOST_BATCHES = 20

_LABELS: Mapping[TimelineWord, str] = {
    "sent": "sent, received",
    "stored": "on disk",
    "verdict": "verdict",
    "waited": "waited for its run",
    "start": "start of Ansible",
    "preflight": "pre-flight",
    "stage": "stage",
    "canary": "canary",
    "canary_health": "canary: wait for health",
    "canary_way_back": "canary: way back",
    "batches": "batches",
    "batches_health": "batches: wait for health",
    "batches_way_back": "batches: way back",
}
_WAITS = ("sent", "waited", "canary_health", "batches_health")
_MOST_SEGMENTS = 40


@dataclass(frozen=True)
class Bar:
    """One part: `start`, `length` and `usual_length` are of a picture of 1000 in all."""

    label: str
    seconds: float
    median: float | None
    start: float
    length: float
    usual_length: float | None
    hosts: tuple[str, ...] = ()
    is_wait: bool = False
    is_longest: bool = False
    is_open: bool = False
    is_inner: bool = False
    """Whether it is a part of another one that stands above it."""
    segments: tuple[tuple[float, float], ...] = ()
    """Start and length of each time that it took, where it was not all the time."""


@dataclass(frozen=True)
class Waterfall:
    """All parts that are known, in their order; `began_at` is in seconds since 1970."""

    bars: Sequence[Bar]
    sentence: str
    going_on: str
    """The part that a run is in which goes on; empty for one that has ended."""
    compared_with: int
    began_at: float


def waterfall(connection: Connection, run: Run, steps: RunSteps, *, now: float) -> Waterfall:
    """Return the parts of a run, from its sender's push where that is known."""
    compared = compared_timeline(connection, run)
    open_part = None
    if run.state == "running" and run.kind != "observe":
        open_part, span = going_on(compared.own, now=now)
        compared = ComparedTimeline(
            {**compared.own, open_part: span}, compared.medians, compared.compared_with
        )
    picture = _Picture(compared, open_part, steps)
    return Waterfall(
        bars=picture.bars(),
        sentence=_sentence(compared, open_part),
        going_on="" if open_part is None else name_of(open_part),
        compared_with=compared.compared_with,
        began_at=min((one.began_at for one in compared.own.values()), default=run.started_at),
    )


def _sentence(compared: ComparedTimeline, open_part: TimelineWord | None) -> str:
    said = sentence_of(compared.own, compared.medians)
    return said if open_part is None or not said else f"So far, {said}"


class _Picture:
    """Places spans of time on a line."""

    def __init__(
        self, compared: ComparedTimeline, open_part: TimelineWord | None, steps: RunSteps
    ) -> None:
        self._own: Timeline = compared.own
        self._medians = compared.medians
        self._open = open_part
        self._steps = steps
        self._began = min((one.began_at for one in self._own.values()), default=0.0)
        usual = sum(compared.medians.get(word, 0.0) for word in self._own)
        self._scale = _WIDTH / max(0.001, total_of(self._own), usual)

    def bars(self) -> list[Bar]:
        longest = longest_of(self._own) if self._own else None
        found = [
            self._part(word, span, is_longest=word == longest) for word, span in self._own.items()
        ]
        return found + self._batches() if "batches" in self._own else found

    def _part(self, word: TimelineWord, span: Span, *, is_longest: bool) -> Bar:
        median = self._medians.get(word)
        start, length = self._place(span)
        canary = self._steps.batches[0].hosts if word == "canary" and self._steps.batches else ()
        return Bar(
            _LABELS[word],
            span.seconds,
            median,
            start,
            length,
            None if median is None else round(min(median * self._scale, _WIDTH - start), 1),
            hosts=canary,
            is_wait=word in _WAITS,
            is_longest=is_longest,
            is_open=word == self._open,
            is_inner=word in WITHIN,
            segments=self._segments(word),
        )

    def _segments(self, word: TimelineWord) -> tuple[tuple[float, float], ...]:
        """Return when hosts were in what lies within a switch; () for what is one piece."""
        if word not in WITHIN or not self._steps.batches:
            return ()
        outer, step = WITHIN[cast("PartWord", word)]
        first = 1 if "canary" in self._own else 0
        batches = self._steps.batches[:first] if outer == "canary" else self._steps.batches[first:]
        hosts = {host for batch in batches for host in batch.hosts}
        spans = spans_of_step(self._steps, step, hosts)[:_MOST_SEGMENTS]
        return tuple(self._place(span) for span in spans)

    def _batches(self) -> list[Bar]:
        """Return the batches after the canary, each with its hosts; none where there is one."""
        spans = batch_spans(self._steps)
        first = 1 if "canary" in self._own else 0
        following = spans[first : first + _MOST_BATCHES]
        if len(following) < 2:  # noqa: PLR2004 -- one is the same as all
            return []
        return [
            Bar(
                f"batch {number}", span.seconds, None, *self._place(span), None, batch.hosts,
                is_inner=True,
            )
            for number, (batch, span) in enumerate(following, first + 1)
        ]  # fmt: skip

    def _place(self, span: Span) -> tuple[float, float]:
        start = min((span.began_at - self._began) * self._scale, _WIDTH - _THINNEST)
        length = min(max(_THINNEST, span.seconds * self._scale), _WIDTH - start)
        return round(start, 1), round(length, 1)
