# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a stored delivery in once more; or say what would come of it, and change nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from webhook_bridge.config.apps import Apps
from webhook_bridge.config.hooks import Hook
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.domain.events import NewEvent
from webhook_bridge.intake.parsing import read_delivery
from webhook_bridge.intake.recording import record_one, snapshot
from webhook_bridge.intake.resolving import ask
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, deliveries, events

REPEATS = "Longshore-Redelivery-Of"
"""The header that a repeated delivery is stored with: the id of the one it repeats."""


@dataclass(frozen=True)
class DryRunResult:
    """What the verdict would be now; `code` is None where it would be asked again later."""

    code: str | None
    detail: str
    concerns_apps: bool
    """Whether it is for any app, so that the registry was asked."""


def redeliver(store: Store, original: Delivery, *, actor: str) -> str:
    """Store it as a new delivery and return its id; a bridge that serves decides it."""
    with store.write() as connection:
        identifier = deliveries.add(connection, _copy(original))
        data = {"repeats": original.id}
        asked = NewEvent("delivery.repeated", actor, time.time(), delivery=identifier, data=data)
        events.record(connection, asked)
    return identifier


def dry_run(
    store: Store,
    original: Delivery,
    *,
    hooks: Mapping[str, Hook],
    apps: Apps,
    registry: RegistryClient,
    patience: float,
) -> DryRunResult:
    """Return what would come of it now: asked, decided and recorded like any, and taken back."""
    read = read_delivery(original, hooks=hooks, apps=apps)
    answers, checks = ask(registry, read.candidates, snapshot(store, read.candidates))
    with store.dry_run() as connection:
        identifier = deliveries.add(connection, _copy(original))
        [copy] = deliveries.find(connection, identifier)
        record_one(connection, replace(read, delivery=copy), answers, checks, patience=patience)
        [decided] = deliveries.find(connection, identifier)
    return DryRunResult(decided.verdict, decided.detail or "", bool(read.candidates))


def _copy(original: Delivery) -> NewDelivery:
    return NewDelivery(
        hook=original.hook,
        source=original.source,
        remote=original.remote,
        headers={**original.headers, REPEATS: original.id},
        body=original.body,
        received_at=time.time(),
    )
