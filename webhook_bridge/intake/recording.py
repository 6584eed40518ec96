# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what deliveries lead to: verdicts, waits and releases, in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from webhook_bridge import crash_points
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.domain.events import NewEvent, release_event
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.verdicts import Verdict, combine, short
from webhook_bridge.intake.decisions import (
    Decision,
    DecisionContext,
    Desired,
    Later,
    NewDigest,
    TagResolution,
    Waits,
    decide_candidate,
)
from webhook_bridge.intake.matching import TagLookup, UpdateCandidate
from webhook_bridge.intake.parsing import POLL, ParsedDelivery
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.store import (
    Store,
    deliveries,
    events,
    holds,
    releases,
    sender_names,
    tag_sightings,
)
from webhook_bridge.tags.policy import needs_times

_log = logging.getLogger(__name__)
_WAITS = Waits()
_DESIRED_BY_NOW = ("released", "unchanged", "duplicate")

TagResolutions = Mapping[TagLookup, TagResolution]
Checks = Mapping[tuple[str, str], SignatureCheck]
"""What came of looking for a signature, by app and digest."""


def snapshot(store: Store, candidates: Sequence[UpdateCandidate]) -> dict[str, Desired]:
    """Return what the apps of these candidates should run now."""
    with store.read() as connection:
        return {candidate.app: desired_of(connection, candidate) for candidate in candidates}


def desired_of(connection: Connection, candidate: UpdateCandidate) -> Desired:
    """Return what an app should run, and what it must not."""
    release = releases.desired(connection, candidate.app)
    held = holds.held_digests(connection, candidate.app, options=candidate.options)
    image = str(candidate.image)
    times = tag_sightings.times(connection, image) if needs_times(candidate.track) else {}
    tried = holds.unfinished_digests(connection, candidate.app)
    unfinished = frozenset(
        digest for digest, options in tried.items() if options in (None, candidate.options)
    )
    if release is None:
        return Desired(None, held, seen=times, unfinished=unfinished)
    failed = release.state == "failed"
    return Desired(
        release.digest,
        held,
        release.tag,
        times,
        release.id,
        failed,
        unfinished,
        corrected=failed and release.digest in tried.keys() - unfinished,
    )


def record(
    store: Store,
    reads: Sequence[ParsedDelivery],
    answers: TagResolutions,
    checks: Checks,
    *,
    before: Mapping[str, Desired],
    patience: float,
    waits: Waits = _WAITS,
) -> bool:
    """Record verdicts and releases; return whether there is a release.

    Where another process gave an app a release since the registry was asked (`before`), the
    answer may be the older one: nothing is recorded and the registry is asked again.
    """
    with store.write() as connection:
        for app, was in before.items():
            if releases.locked_app_row(connection, app).release_id != was.release_id:
                return False
        released = [
            record_one(connection, read, answers, checks, patience=patience, waits=waits)
            for read in reads
        ]
        crash_points.reach("before_verdict_commit")
    return any(released)


def record_one(
    connection: Connection,
    read: ParsedDelivery,
    answers: TagResolutions,
    checks: Checks,
    *,
    patience: float,
    waits: Waits = _WAITS,
) -> bool:
    """Record what one delivery leads to; return whether that is a release."""
    delivery, now = read.delivery, time.time()
    moment = DecisionContext(
        now=now,
        attempts=delivery.attempts,
        patient=now - delivery.received_at < patience,
        repeats=_repeated(connection, read),
        polled=delivery.source == POLL,
        waits=waits,
    )
    decisions = [
        _decide(connection, delivery, candidate, answers[candidate.lookup], moment, checks)
        for candidate in read.candidates
    ]
    undecided = [one for one in decisions if isinstance(one, Later)]
    if undecided:
        _postpone(connection, delivery, undecided, now=now)
        return False
    made = [
        _release(connection, candidate, one, delivery=delivery, now=now)
        if isinstance(one, NewDigest)
        else one
        for candidate, one in zip(read.candidates, decisions, strict=True)
        if not isinstance(one, Later)
    ]
    verdict = combine([*made, *read.verdicts])
    deliveries.decide(
        connection,
        delivery.id,
        code=verdict.code,
        detail=verdict.detail,
        now=now,
        stored_at=delivery.stored_at,
        releases=_brought_or_found(connection, read, made),
    )
    events.record(connection, _decided(read, verdict, now=now))
    _log.info("delivery %s: %s: %s", delivery.id, verdict.code, verdict.detail)
    return verdict.code == "released"


def _brought_or_found(
    connection: Connection, read: ParsedDelivery, made: Sequence[Verdict]
) -> list[str]:
    """Return the releases that bring what was pushed: whoever waits for them asks for these.

    Another delivery, or a poll, may have been faster: then this one brought none.
    """
    apps = [
        candidate.app
        for candidate, one in zip(read.candidates, made, strict=True)
        if one.code in _DESIRED_BY_NOW
    ]
    found = (releases.app_row(connection, app).release_id for app in apps)
    return [identifier for identifier in found if identifier is not None]


def _decided(read: ParsedDelivery, verdict: Verdict, *, now: float) -> NewEvent:
    """Return that a delivery got its verdict, of an app where it is about one alone."""
    apps = sorted({candidate.app for candidate in read.candidates})
    return NewEvent(
        "delivery.decided",
        _actor(read.delivery),
        now,
        app=apps[0] if len(apps) == 1 else None,
        delivery=read.delivery.id,
        data={"verdict": verdict.code, "detail": verdict.detail, "apps": apps},
    )


def _actor(delivery: Delivery) -> str:
    return POLL if delivery.source == POLL else f"hook {delivery.hook}"


def _repeated(connection: Connection, read: ParsedDelivery) -> str | None:
    """Return the earlier delivery of the same name, None where there is none."""
    if read.sender_name is None:
        return None
    delivery = read.delivery
    first = sender_names.first_bearer(
        connection,
        delivery.hook,
        read.sender_name,
        delivery=delivery.id,
        at=delivery.received_at,
    )
    return None if first == delivery.id else first


def _decide(
    connection: Connection,
    delivery: Delivery,
    candidate: UpdateCandidate,
    resolved: TagResolution,
    moment: DecisionContext,
    checks: Checks,
) -> Decision:
    if resolved.digest is not None and resolved.tag is not None:
        first = tag_sightings.record(
            connection,
            str(candidate.image),
            tag=resolved.tag,
            digest=resolved.digest,
            at=delivery.received_at,
            delivery_id=delivery.id,
        )
        waits = first.delivery_id != delivery.id and _is_waiting(connection, first.delivery_id)
        by = first.delivery_id if waits else None
        check = checks.get((candidate.app, resolved.digest))
        moment = replace(moment, first_seen_at=first.at, first_seen_by=by, signature=check)
    return decide_candidate(candidate, resolved, desired_of(connection, candidate), moment)


def _is_waiting(connection: Connection, identifier: str) -> bool:
    return any(one.verdict is None for one in deliveries.find(connection, identifier))


def _postpone(
    connection: Connection, delivery: Delivery, waits: Sequence[Later], *, now: float
) -> None:
    longest = max(waits, key=lambda one: one.wait)
    deliveries.postpone(connection, delivery.id, due_at=now + longest.wait, detail=longest.detail)
    _log.info("delivery %s: not decided yet: %s", delivery.id, longest.detail)


def _release(
    connection: Connection,
    candidate: UpdateCandidate,
    new: NewDigest,
    *,
    delivery: Delivery,
    now: float,
) -> Verdict:
    current = releases.desired(connection, candidate.app)
    tag = new.tag or candidate.tag
    if current is None or current.digest != new.digest or current.state == "failed":
        release = releases.desire(
            connection,
            NewRelease(
                app=candidate.app,
                image=str(candidate.image),
                tag=tag,
                digest=new.digest,
                cause="delivery",
                actor=_actor(delivery),
                delivery_id=delivery.id,
            ),
            now=now,
        )
        events.record(connection, release_event(release))
    return Verdict("released", f"{candidate.app}: {candidate.image}:{tag} is {short(new.digest)}")
