# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened: one value for each thing that changed, and who caused it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Work

EventKind = Literal[
    "delivery.decided",
    "delivery.repeated",
    "release.desired",
    "run.started",
    "run.ended",
    "hold.set",
    "hold.lifted",
    "app.removed",
    "cancel.requested",
    "reconcile.requested",
    "host.drift",
    "inventory.read",
    "inventory.failed",
    "inventory.empty",
    "inventory.shrank",
    "inventory.confirmed",
    "user.added",
    "user.role",
    "user.link",
    "user.disabled",
    "user.enabled",
    "user.removed",
    "user.signed_in",
    "user.sign_in_refused",
    "user.signed_out",
    "session.ended",
    "token.created",
    "token.revoked",
    "hook.rotated",
]
KINDS: tuple[EventKind, ...] = get_args(EventKind)

BRIDGE = "bridge"
"""The actor of what the bridge does by itself."""
RECONCILE = "reconcile"
"""The actor of what brings hosts that differ up to date."""


@dataclass(frozen=True)
class NewEvent:
    """One thing that happened: what it is about, who caused it, and what else is to be said.

    `release`, `run` and `delivery` are ids; all but kind, actor and time may be left out.
    """

    kind: EventKind
    actor: str
    at: float
    app: str | None = None
    release: str | None = None
    run: str | None = None
    host: str | None = None
    delivery: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Event(NewEvent):
    """A stored event; `seq` orders all of them."""

    seq: int = 0


@dataclass(frozen=True)
class WantedEvents:
    """Which events; None and 0 leave a field open.

    `after` is the seq of the last one that is known: the oldest after it come first then. `apps`
    leaves out what is about no app, too.
    """

    app: str | None = None
    actor: str | None = None
    kind: str | None = None
    since: float = 0.0
    after: int | None = None
    apps: frozenset[str] | None = None


def run_actor(work: Work) -> str:
    """Return who caused a run: who asked for the release, or the bridge that mends by itself."""
    if work.run.kind in ROLLOUTS:
        return work.release.actor
    return RECONCILE if work.run.kind == "reconcile" else BRIDGE


def release_event(release: Release) -> NewEvent:
    """Return that a release became the desired one of its app."""
    data = {"digest": release.digest, "tag": release.tag, "cause": release.cause}
    return NewEvent(
        "release.desired",
        release.actor,
        release.created_at,
        release.app,
        release.id,
        delivery=release.delivery_id,
        data=data,
    )


def hold_event(app: str, digest: str, *, reason: str, actor: str, at: float) -> NewEvent:
    """Return that a digest is held from now on."""
    return NewEvent("hold.set", actor, at, app, data={"digest": digest, "reason": reason})


def lift_event(app: str, digest: str, *, actor: str, at: float) -> NewEvent:
    """Return that a digest is held no longer."""
    return NewEvent("hold.lifted", actor, at, app, data={"digest": digest})
