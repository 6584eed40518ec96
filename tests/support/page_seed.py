# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge that has seen a week: apps that run, fail and wait, and what a hostile host wrote."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from tests.support.fleet_states import desire, healthy, save
from webhook_bridge.domain.deliveries import NewDelivery, NewRejected
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease, by_hand
from webhook_bridge.domain.run_steps import Batch, HostStep, RunSteps
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.domain.users import Session
from webhook_bridge.operations.tokens import create_token
from webhook_bridge.operations.users import add_user
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import (
    deliveries,
    events,
    holds,
    image_labels,
    rejected,
    releases,
    run_steps,
    runs,
    sessions,
    users,
)

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in ("1a", "2b", "3c"))
V1, V2, V3 = (value[:71] for value in (V1, V2, V3))
WEB = ("web-002", "web-119")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'\u202e"
# What a terminal obeys, and what has no place to break a line.
STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31m"
UNBROKEN = "W" * 400


@dataclass(frozen=True)
class Seed:
    """What is there to be looked at."""

    delivery: str
    failed_run: str
    active_run: str
    refused: str


def seed(bridge: Bridge, *, is_hostile: bool = True) -> Seed:
    """Fill the store of a bridge whose apps are shop, api, blog and wiki.

    Where it `is_hostile`, strangers put what does harm into all that they can.
    """
    now = time.time()
    for app, tag in (("blog", "2.0"), ("wiki", "7.1.0")):
        desire(bridge, V1, tag=tag, state="good", app=app, actor="hook hub")
        save(bridge, *(healthy(f"web-{n:03}", V1, app=app) for n in range(1, 113)))
    delivery = _deliver(bridge, now)
    failed = _failed_rollout(bridge, delivery, now, words=HOSTILE if is_hostile else "no database")
    active = _active_rollout(bridge, now)
    refused = _refuse(bridge, now)
    _access(bridge)
    if is_hostile:
        _said_by_strangers(bridge, now)
    return Seed(delivery, failed, active, refused)


def _deliver(bridge: Bridge, now: float) -> str:
    body = {"image": "127.0.0.1:1/acme/shop", "tag": "1.4.2", "digest": V2, "note": HOSTILE}
    new = NewDelivery(
        "hub",
        "dockerhub",
        "192.0.2.7",
        {"User-Agent": HOSTILE},
        json.dumps(body).encode(),
        now - 900,
    )
    with bridge.store.write() as connection:
        identifier = deliveries.add(connection, new)
        detail = "shop: 1.4.2 is 2b2b2b2b2b2b now; it was 1a1a1a1a1a1a"
        deliveries.decide(connection, identifier, code="released", detail=detail, now=now - 898)
        for number in range(40):
            other = replace(new, received_at=now - 5000 + number, body=b'{"tag": "main"}')
            one = deliveries.add(connection, other)
            why = "tag main is not taken: app shop tracks semver >=1.4 <2"
            deliveries.decide(connection, one, code="tag_not_tracked", detail=why, now=now - 4000)
        told = NewEvent(
            "delivery.decided",
            "hook hub",
            now - 898,
            "shop",
            delivery=identifier,
            data={"verdict": "released", "detail": HOSTILE},
        )
        events.record(connection, told)
    return identifier


def _failed_rollout(bridge: Bridge, delivery: str, now: float, *, words: str) -> str:
    with bridge.store.write() as connection:
        _earlier_rollouts(connection, now)
    desire(bridge, V1, tag="1.4.1", state="good")
    hosts = [healthy(f"web-{n:03}", V1) for n in range(1, 119)]
    broken = HostState("shop", "web-119", reached=True, seen_at=now - 800, digest="", failed=True)
    save(bridge, *hosts, broken, HostState("shop", "web-120", reason="No route to host"))
    with bridge.store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "1.4.2", V2, "delivery", "hook hub", delivery)
        release = releases.desire(connection, new, now=now - 898)
        run = runs.start(connection, NewRun("shop", release.id, 2, 1, "deploy"), now=now - 890)
        log = ("starting", f"panic: {words}", "exit status 2")
        outcomes = [
            Outcome("web-001", "updated", "switch", "", V2, "shop-2b", "healthy", seconds=3.2),
            Outcome(
                "web-119",
                "failed",
                "switch",
                "the new container exited with 2; the old one could not be started again",
                V2,
                "shop-2b",
                "exited",
                log=log,
                seconds=12.5,
            ),
            Outcome("web-120", "unreachable", "reach", f"No route to host {words}", V2),
        ]
        runs.put_outcomes(connection, run.id, outcomes)
        runs.finish(
            connection,
            run.id,
            state="failed",
            reason="web-119: the new container exited with 2",
            now=now - 860,
        )
        releases.mark(connection, release.id, "failed")
        row = releases.locked_app_row(connection, "shop")
        releases.save_app(connection, replace(row, applied_generation=row.generation))
        run_steps.put(
            connection, run.id, _steps(now - 890, "web-001", others=WEB, after=WEB, slow=9.0)
        )
    _log(bridge, run.id)
    return run.id


def _earlier_rollouts(connection: Connection, now: float) -> None:
    """Store what later runs are compared with."""
    for number in range(3):
        at = now - 90_000 * (number + 1)
        new = NewRelease("shop", "r/acme/shop", f"1.3.{number}", V3, "deploy", "user:ann")
        release = releases.desire(connection, new, now=at - 0.4)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy"), now=at)
        run_steps.put(connection, run.id, _steps(at, "web-001", others=WEB, after=WEB))
        runs.finish(connection, run.id, state="succeeded", reason="", now=at + 18)
        releases.mark(connection, release.id, "good")


def _active_rollout(bridge: Bridge, now: float) -> str:
    desire(bridge, V1, tag="3.0.0", state="good", app="api")
    save(bridge, *(healthy(f"api-{n}", V1, app="api") for n in range(1, 9)))
    others = [f"api-{n}" for n in range(2, 9)]
    with bridge.store.write() as connection:
        new = NewRelease("api", "r/acme/api", "3.1.0", V3, "deploy", "user:ann")
        release = releases.desire(connection, new, now=now - 20.4)
        run = runs.start(connection, NewRun("api", release.id, 2, 1, "deploy"), now=now - 20)
        done = Outcome("api-1", "updated", "switch", "", V3, "api-3c", "healthy", seconds=4.0)
        runs.put_outcomes(connection, run.id, [done])
        row = releases.locked_app_row(connection, "api")
        # As if a worker had it that answers no more questions: nobody takes it over meanwhile.
        releases.save_app(connection, replace(row, due_at=now + 86400))
        run_steps.put(connection, run.id, _steps(now - 20, "api-1", others=others))
    _log(bridge, run.id)
    return run.id


def _log(bridge: Bridge, run_id: str) -> None:
    files = RunFiles.of(bridge.settings.state_dir, run_id)
    files.folder.mkdir(parents=True)
    lines = "".join(f"ok: [web-{n:03}] => pulled layer {n}\n" for n in range(3000))
    files.log.write_text(f"{lines}fatal: [web-119] {HOSTILE}\n")


def _steps(
    at: float, first: str, *, others: Sequence[str], after: Sequence[str] = (), slow: float = 0.0
) -> RunSteps:
    """Return what hosts report of a rollout that began `at`: a canary, `after` it a batch each."""
    hosts = (first, *others)
    ready = [HostStep(one, "preflight", at + 1.8, at + 2.5, good=True) for one in hosts]
    staged = [HostStep(one, "stage", at + 2.5, at + 7.0 + slow, good=True) for one in hosts]
    switched = [
        HostStep(first, "switch", at + 7.2 + slow, at + 10.4 + slow, good=True),
        HostStep(first, "health", at + 7.6 + slow, at + 10.2 + slow, good=True),
    ]
    batches = [Batch((first,), at + 7.2 + slow)]
    for number, host in enumerate(after):
        began = at + 11.0 + slow + 3 * number
        switched += [
            HostStep(host, "switch", began, began + 2.5, good=not number),
            HostStep(host, "health", began + 0.3, began + 1.4, good=not number),
        ]
        if number:
            switched.append(HostStep(host, "way_back", began + 1.4, began + 2.4, good=False))
        batches.append(Batch((host,), began))
    return RunSteps((*ready, *staged, *switched), tuple(batches))


def _said_by_strangers(bridge: Bridge, now: float) -> None:
    """Have labels, hosts, holds, events and a browser say what does harm."""
    evil = f"{HOSTILE}{STEERING}{UNBROKEN}"
    hosts = [
        HostState(
            "api",
            f"api-evil-{number}",
            reached=number > 0,
            seen_at=now,
            reason=evil,
            digest=V1,
            container=evil,
            health="healthy",
            extra_container=evil if number == 1 else None,
            other_options=(evil,) if number == 2 else (),
        )
        for number in range(3)
    ]
    save(bridge, *hosts)
    with bridge.store.write() as connection:
        labels = ImageLabels(evil[:64], evil[:64], "javascript:alert(3)", evil[:40])
        image_labels.put(connection, V3, labels)
        holds.hold(connection, "shop", V3, reason=by_hand(evil), run_id=None, now=now)
        data = {"hosts": [evil], evil: evil}
        events.record(connection, NewEvent("run.ended", evil, now - 5, "api", host=evil, data=data))
        new = NewDelivery("hub", "dockerhub", evil[:64], {evil: evil}, evil.encode(), now - 300)
        one = deliveries.add(connection, new)
        deliveries.decide(connection, one, code="no_app", detail=evil, now=now - 299)
        bob = users.named(connection, "bob")
        assert bob is not None
        until = now + 3600
        sessions.add(
            connection,
            Session("0" * 64, "evil", bob, "x", "link", "::1", evil[:200], now, now, until),
        )


def _access(bridge: Bridge) -> None:
    """Add somebody who may sign in, and a token of theirs."""
    who = "cli:root@bridge"
    add_user(bridge.store, "bob", role="operate", apps=["shop"], link_for=3600.0, actor=who)
    create_token(
        bridge.store,
        "ci",
        scope="operate",
        apps=["shop"],
        good_for=86400.0,
        owner="bob",
        actor="user:bob",
    )


def _refuse(bridge: Bridge, now: float) -> str:
    new = NewRejected(
        "hub",
        401,
        "unauthorized",
        "the secret in the path is wrong",
        "198.51.100.4",
        {"User-Agent": HOSTILE},
        120,
        HOSTILE.encode(),
        now - 60,
        12,
    )
    with bridge.store.write() as connection:
        rejected.add_all(connection, [new])
        [found] = rejected.latest(connection, limit=1)
    return found.id
