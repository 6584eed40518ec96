# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a run from its sender's push to the last host, beside the median of its app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.run_steps import PartWord, RunSteps, Span
from webhook_bridge.domain.runs import Run
from webhook_bridge.domain.timeline import (
    Moments,
    Timeline,
    TimelineWord,
    medians_of,
    sentence_of,
    timeline_of,
    total_of,
)
from webhook_bridge.operations.sender_time import sent_at
from webhook_bridge.operations.timestamps import timestamp
from webhook_bridge.store import deliveries, releases, run_history, run_steps

_RUNS_COMPARED = 20


@dataclass(frozen=True)
class ComparedTimeline:
    """The parts of a run's way, and their medians over so many runs before it, in seconds."""

    own: Timeline
    medians: Mapping[TimelineWord, float]
    compared_with: int


def compared_timeline(connection: Connection, run: Run) -> ComparedTimeline:
    """Return the parts of a run's way with their medians.

    Medians are over the app's last 20 runs of the same kind before this one. What came before the
    run belongs to the first run of a release alone.
    """
    before = run_history.before(connection, run, limit=_RUNS_COMPARED)
    timelines = _timelines(connection, [run, *before])
    own = timelines.pop(run.id)
    return ComparedTimeline(own, medians_of(timelines.values()), len(before))


def timeline_view(connection: Connection, run: Run) -> dict[str, Any]:
    """Return the parts of a run's way with their medians, and the sentence about the longest."""
    found = compared_timeline(connection, run)
    own, medians = found.own, found.medians
    return {
        "seconds": round(total_of(own), 3),
        "sentence": sentence_of(own, medians),
        "compared_with": found.compared_with,
        "parts": [
            {
                "part": word,
                "began_at": timestamp(span.began_at),
                "ended_at": timestamp(span.ended_at),
                "seconds": round(span.seconds, 3),
                "median": round(medians[word], 3) if word in medians else None,
            }
            for word, span in own.items()
        ],
    }


def steps_view(steps: RunSteps) -> dict[str, Any]:
    """Return when each step of each host began and ended, and the batches."""
    return {
        "steps": [
            {
                "host": one.host,
                "step": one.step,
                "began_at": timestamp(one.began_at),
                "ended_at": timestamp(one.ended_at),
                "good": one.good,
            }
            for one in steps.steps
        ],
        "batches": [
            {"hosts": list(one.hosts), "began_at": timestamp(one.began_at)} for one in steps.batches
        ],
    }


def _timelines(connection: Connection, of: list[Run]) -> dict[str, Timeline]:
    parts = run_steps.parts_of_runs(connection, [run.id for run in of])
    wanted = releases.many(connection, {run.release_id for run in of})
    first = run_history.first_of_releases(connection, list(wanted), kinds=ROLLOUTS)
    brought = {one.delivery_id for one in wanted.values() if one.delivery_id is not None}
    found = deliveries.many(connection, brought)
    return {
        run.id: timeline_of(
            _moments(run, wanted[run.release_id], found)
            if first.get(run.release_id) == run.id
            else Moments(run.started_at),
            _known(parts, run),
        )
        for run in of
    }


def _known(parts: Mapping[str, Mapping[PartWord, Span]], run: Run) -> Mapping[PartWord, Span]:
    return parts.get(run.id, {})


def _moments(run: Run, release: Release, found: Mapping[str, Delivery]) -> Moments:
    delivery = found.get(release.delivery_id or "")
    if delivery is None:
        return Moments(run.started_at, wanted_at=release.created_at)
    return Moments(
        started_at=run.started_at,
        sent_at=sent_at(delivery.body, received_at=delivery.received_at),
        received_at=delivery.received_at,
        stored_at=delivery.stored_at,
        decided_at=delivery.decided_at,
        wanted_at=release.created_at,
    )
