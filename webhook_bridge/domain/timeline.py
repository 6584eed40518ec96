# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time went from a push to the last host: the parts in their order, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from webhook_bridge.domain.run_steps import WITHIN, PartWord, Span

TimelineWord = Literal["sent", "stored", "verdict", "waited", "start"] | PartWord
"""sent: from the sender's time until it was received · stored: until it was on disk, and answered ·
verdict: to its verdict · waited: for the run, behind others · start: until Ansible asks the first
host · then the parts of the rollout."""

_NAMES: Mapping[TimelineWord, str] = {
    "sent": "the way from the sender",
    "stored": "storing it on disk",
    "verdict": "the verdict, for which the registry is asked",
    "waited": "waiting for the run",
    "start": "the start of Ansible",
    "preflight": "pre-flight",
    "stage": "stage",
    "canary": "the canary",
    "canary_health": "the canary's wait for health",
    "canary_way_back": "the canary's way back",
    "batches": "the batches",
    "batches_health": "the batches' wait for health",
    "batches_way_back": "the batches' way back",
}
# What may go on after each part, as far as it tells.
_NEXT: Mapping[TimelineWord, TimelineWord] = {
    "sent": "stored",
    "stored": "verdict",
    "verdict": "waited",
    "waited": "start",
    "start": "preflight",
    "preflight": "stage",
}
# What is shorter is no reason to compare it.
_NOTICEABLE_S = 1.0
_MUCH_LONGER = 1.5
_HOUR_MIN = 60
_DAY_H = 24


@dataclass(frozen=True)
class Moments:
    """When a push was sent, received, on disk and decided, its release wanted, its run started.

    All in seconds since 1970; None for what is not known, or does not belong to this run.
    """

    started_at: float
    sent_at: float | None = None
    received_at: float | None = None
    stored_at: float | None = None
    decided_at: float | None = None
    wanted_at: float | None = None


Timeline = Mapping[TimelineWord, Span]


def timeline_of(moments: Moments, parts: Mapping[PartWord, Span]) -> Timeline:
    """Return the parts of the way from a push to the last host, as far as they are known."""
    before = _either(moments.decided_at, moments.wanted_at)
    first = min((span.began_at for span in parts.values()), default=None)
    found: dict[TimelineWord, Span | None] = {
        "sent": _between(moments.sent_at, moments.received_at),
        "stored": _between(moments.received_at, moments.stored_at),
        "verdict": _between(_either(moments.stored_at, moments.received_at), moments.decided_at),
        "waited": _between(before, moments.started_at),
        "start": _between(moments.started_at, first),
    }
    # A copy by dict() would keep the narrower type of the keys.
    rollout: dict[TimelineWord, Span] = {part: span for part, span in parts.items()}  # noqa: C416 -- above
    return {word: span for word, span in found.items() if span is not None} | rollout


def going_on(timeline: Timeline, *, now: float) -> tuple[TimelineWord, Span]:
    """Return the part that a run is in which goes on, and how long it has been in it.

    A part is known when its first host has ended it: before that it has begun where the one before
    it ended.
    """
    if not timeline:
        return "start", Span(now, now)
    last = [word for word in timeline if word not in WITHIN][-1]
    following = _NEXT.get(last)
    if following is None:
        return last, Span(timeline[last].began_at, max(now, timeline[last].ended_at))
    began = timeline[last].ended_at
    return following, Span(began, max(now, began))


def name_of(word: TimelineWord) -> str:
    """Return what a part is called in a sentence."""
    return _NAMES[word]


def _either(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _between(began: float | None, ended: float | None) -> Span | None:
    """Return the span between two moments; the clock may have been set back between them."""
    return None if began is None or ended is None else Span(began, max(began, ended))


def medians_of(timelines: Iterable[Timeline]) -> dict[TimelineWord, float]:
    """Return the median of each part over these runs, in seconds."""
    seconds: dict[TimelineWord, list[float]] = {}
    for one in timelines:
        for word, span in one.items():
            seconds.setdefault(word, []).append(span.seconds)
    return {word: median(found) for word, found in seconds.items()}


def total_of(timeline: Timeline) -> float:
    """Return the seconds from the first moment that is known to the end of the last part."""
    if not timeline:
        return 0.0
    began = min(span.began_at for span in timeline.values())
    return max(span.ended_at for span in timeline.values()) - began


def sentence_of(timeline: Timeline, medians: Mapping[TimelineWord, float]) -> str:
    """Say what took longest, and how that compares with the app's runs before."""
    if not timeline:
        return ""
    longest = longest_of(timeline)
    took, total = timeline[longest].seconds, total_of(timeline)
    said = f"{seconds_text(took)} of {seconds_text(total)} were {_NAMES[longest]}"
    usual = medians.get(longest)
    if usual is None:
        return f"{said}."
    is_much = took > _MUCH_LONGER * usual and took - usual > _NOTICEABLE_S
    compared = "longer than usual" if is_much else "as usual"
    return f"{said}: {compared}, the median is {seconds_text(usual)}."


def longest_of(timeline: Timeline) -> TimelineWord:
    """Return the part that took longest, or what took the larger half of it.

    Raises ValueError for a timeline without a part.
    """
    apart = [word for word in timeline if word not in WITHIN]
    longest = max(apart, key=lambda word: timeline[word].seconds)
    half = timeline[longest].seconds / 2
    inner = [word for word, (outer, _) in WITHIN.items() if outer == longest and word in timeline]
    most = max(inner, key=lambda word: timeline[word].seconds, default=longest)
    return most if timeline[most].seconds > half else longest


def seconds_text(seconds: float) -> str:
    """Return a duration as people read it: 0.8 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    if seconds < 10:  # noqa: PLR2004 -- below it, tenths matter
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < _HOUR_MIN:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, _HOUR_MIN)
    if hours < _DAY_H:
        return f"{hours} h {minutes} min"
    return f"{hours // _DAY_H} d {hours % _DAY_H} h"
