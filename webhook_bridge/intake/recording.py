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
from webhook_bridge.intake.claims import POLL, Read
from webhook_bridge.intake.decisions import (
    Decision,
    Desired,
    Later,
    Moment,
    NewDigest,
    Resolved,
    Waits,
    decide_claim,
)
from webhook_bridge.intake.matching import Claim, Question
from webhook_bridge.signatures.check import SignatureCheck
from webhook_bridge.store import Store, deliveries, events, releases, seen, sender_names
from webhook_bridge.tags.policy import is_by_push

_log = logging.getLogger(__name__)
_WAITS = Waits()

Answers = Mapping[Question, Resolved]
Checks = Mapping[tuple[str, str], SignatureCheck]
"""What came of looking for a signature, by app and digest."""


def snapshot(store: Store, claims: Sequence[Claim]) -> dict[str, Desired]:
    """Return what the apps of these claims should run now."""
    with store.read() as connection:
        return {claim.app: desired_of(connection, claim) for claim in claims}


def desired_of(connection: Connection, claim: Claim) -> Desired:
    """Return what an app should run, and what it must not."""
    release = releases.desired(connection, claim.app)
    held = releases.held_digests(connection, claim.app)
    times = seen.times(connection, str(claim.image)) if is_by_push(claim.track) else {}
    if release is None:
        return Desired(None, held, seen=times)
    failed = release.state == "failed"
    return Desired(release.digest, held, release.tag, times, release.id, failed)


def record(
    store: Store,
    reads: Sequence[Read],
    answers: Answers,
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
    read: Read,
    answers: Answers,
    checks: Checks,
    *,
    patience: float,
    waits: Waits = _WAITS,
) -> bool:
    """Record what one delivery leads to; return whether that is a release."""
    delivery, now = read.delivery, time.time()
    moment = Moment(
        now=now,
        attempts=delivery.attempts,
        patient=now - delivery.received_at < patience,
        repeats=_repeated(connection, read),
        polled=delivery.source == POLL,
        waits=waits,
    )
    decisions = [
        _decide(connection, delivery, claim, answers[claim.question], moment, checks)
        for claim in read.claims
    ]
    undecided = [one for one in decisions if isinstance(one, Later)]
    if undecided:
        _postpone(connection, delivery, undecided, now=now)
        return False
    made = [
        _release(connection, claim, one, delivery=delivery, now=now)
        if isinstance(one, NewDigest)
        else one
        for claim, one in zip(read.claims, decisions, strict=True)
        if not isinstance(one, Later)
    ]
    verdict = combine([*made, *read.verdicts])
    deliveries.decide(connection, delivery.id, code=verdict.code, detail=verdict.detail, now=now)
    events.record(connection, _decided(read, verdict, now=now))
    _log.info("delivery %s: %s: %s", delivery.id, verdict.code, verdict.detail)
    return verdict.code == "released"


def _decided(read: Read, verdict: Verdict, *, now: float) -> NewEvent:
    """Return that a delivery got its verdict, of an app where it is about one alone."""
    apps = sorted({claim.app for claim in read.claims})
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


def _repeated(connection: Connection, read: Read) -> str | None:
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
    claim: Claim,
    resolved: Resolved,
    moment: Moment,
    checks: Checks,
) -> Decision:
    if resolved.digest is not None and resolved.tag is not None:
        first = seen.note(
            connection,
            str(claim.image),
            tag=resolved.tag,
            digest=resolved.digest,
            at=delivery.received_at,
            delivery_id=delivery.id,
        )
        waits = first.delivery_id != delivery.id and _is_waiting(connection, first.delivery_id)
        by = first.delivery_id if waits else None
        check = checks.get((claim.app, resolved.digest))
        moment = replace(moment, first_seen_at=first.at, first_seen_by=by, signature=check)
    return decide_claim(claim, resolved, desired_of(connection, claim), moment)


def _is_waiting(connection: Connection, identifier: str) -> bool:
    return any(one.verdict is None for one in deliveries.find(connection, identifier))


def _postpone(
    connection: Connection, delivery: Delivery, waits: Sequence[Later], *, now: float
) -> None:
    longest = max(waits, key=lambda one: one.wait)
    deliveries.postpone(connection, delivery.id, due_at=now + longest.wait, detail=longest.detail)
    _log.info("delivery %s: not decided yet: %s", delivery.id, longest.detail)


def _release(
    connection: Connection, claim: Claim, new: NewDigest, *, delivery: Delivery, now: float
) -> Verdict:
    current = releases.desired(connection, claim.app)
    tag = new.tag or claim.tag
    if current is None or current.digest != new.digest or current.state == "failed":
        release = releases.desire(
            connection,
            NewRelease(
                app=claim.app,
                image=str(claim.image),
                tag=tag,
                digest=new.digest,
                cause="delivery",
                actor=_actor(delivery),
                delivery_id=delivery.id,
            ),
            now=now,
        )
        events.record(connection, release_event(release))
    return Verdict("released", f"{claim.app}: {claim.image}:{tag} is {short(new.digest)}")
