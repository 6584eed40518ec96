# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a run: what is told of its start and of what followed from its end: pure.

A look at the hosts is not told of, since most change nothing; what it found is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from webhook_bridge.domain.drift import drift_of
from webhook_bridge.domain.events import BRIDGE, NewEvent, run_actor
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import UNFINISHED
from webhook_bridge.domain.run_end_facts import Known, RunEnd
from webhook_bridge.domain.runs import Work


def start_events(work: Work, *, now: float) -> list[NewEvent]:
    """Return what is told of a run that starts."""
    run = work.run
    if run.kind == "observe":
        return []
    data = {"kind": run.kind, "hosts": list(run.hosts)}
    actor = run_actor(work)
    return [NewEvent("run.started", actor, now, run.app, run.release_id, run.id, data=data)]


def end_events(work: Work, end: RunEnd, known: Known, *, now: float) -> list[NewEvent]:
    """Return what is told of a run that ended, the end itself first."""
    told = [] if work.run.kind == "observe" else [_ended(work, end, known, now=now)]
    if end.row is not None:
        told += [*_followed(work, end, known, now=now), *_drifted(work, end, known, now=now)]
    return told


def _ended(work: Work, end: RunEnd, known: Known, *, now: float) -> NewEvent:
    run, result = work.run, end.result
    canceled_by = known.canceled_by if result.state == "canceled" else None
    data = {"kind": run.kind, "state": result.state, "reason": result.reason}
    actor = canceled_by or run_actor(work)
    return NewEvent("run.ended", actor, now, run.app, run.release_id, run.id, data=data)


def _followed(work: Work, end: RunEnd, known: Known, *, now: float) -> Iterator[NewEvent]:
    """Yield what the bridge decided by itself: a hold, and the way back to the release before."""
    about = partial(NewEvent, actor=BRIDGE, at=now, app=work.run.app, run=work.run.id)
    if end.hold not in (None, UNFINISHED):
        held = {"digest": work.release.digest, "reason": end.hold}
        yield about("hold.set", release=work.release.id, data=held)
    if end.lifted in known.held:
        yield about("hold.lifted", data={"digest": end.lifted})
    before = known.before
    if before is not None and end.row is not None and end.row.release_id != known.row.release_id:
        data = {"digest": before.digest, "tag": before.tag, "cause": "returned"}
        yield about("release.desired", release=before.id, data=data)


def _drifted(work: Work, end: RunEnd, known: Known, *, now: float) -> Iterator[NewEvent]:
    """Yield how hosts differ that an observation saw, where they did not, or otherwise, before."""
    run, release = work.run, known.desired
    if run.kind != "observe" or release is None:
        return
    for state in end.states:
        was = _drift(known.states.get(state.host), release.digest)
        drift = _drift(state, release.digest)
        if drift != was:
            data = {"drift": drift, "was": was}
            yield NewEvent(
                "host.drift", BRIDGE, now, run.app, release.id, run.id, state.host, data=data
            )


def _drift(state: HostState | None, digest: str) -> str | None:
    found = None if state is None else drift_of(state, digest=digest)
    return None if found is None else found.reason
