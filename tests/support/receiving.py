# SPDX-License-Identifier: GPL-3.0-or-later
"""An intake at work on the deliveries of a test."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.intake.worker import Intake
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.store import Store, deliveries, releases

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Receiving:
    """An intake at work, the registry it asks, and the store it writes to."""

    def __init__(self, installation: Installation, registry: TagRegistry, store: Store) -> None:
        self.installation = installation
        self.registry = registry
        self.store = store
        self.releases_told = 0
        self.patience = 3600.0
        self._intake: Intake | None = None

    def start(self) -> None:
        settings = self.installation.settings()
        self._intake = Intake(
            self.store,
            hooks=settings.hooks,
            apps=AppsFile(self.installation.apps_file),
            registry=RegistryClient(settings.registries, timeout_s=5),
            patience=self.patience,
            released=self._tell,
            waits=Waits(race=(0.05,) * 4, retry=(0.05,)),
            poll_interval_s=0.02,
        )
        self._intake.start()

    def stop(self) -> None:
        if self._intake is not None:
            self._intake.stop()
            self._intake = None

    def _tell(self) -> None:
        self.releases_told += 1

    def take(self, *events: dict[str, Any], hook: str = "mine") -> str:
        """Store the envelope of these events as a hook does; return the delivery's id."""
        return self.take_body(json.dumps({"events": events}).encode(), hook=hook)

    def take_body(self, body: bytes, *, hook: str = "mine", source: str = "distribution") -> str:
        new = NewDelivery(hook, source, "127.0.0.1", {}, body, time.time())
        with self.store.write() as connection:
            identifier = deliveries.add(connection, new)
        if self._intake is not None:
            self._intake.wake([identifier])
        return identifier

    def find(self, identifier: str) -> Delivery:
        with self.store.read() as connection:
            [found] = deliveries.find(connection, identifier)
        return found

    def decided(self, identifier: str) -> Delivery:
        def look() -> Delivery | None:
            found = self.find(identifier)
            return found if found.verdict else None

        found = wait_for(look, f"verdict of {identifier}: {self.find(identifier)}")
        assert found is not None
        return found

    def verdict(self, *events: dict[str, Any], hook: str = "mine") -> str | None:
        return self.decided(self.take(*events, hook=hook)).verdict

    def digests(self, app: str = "shop") -> list[str]:
        """Return the digests of all releases, the first one first."""
        with self.store.read() as connection:
            return [one.digest for one in releases.latest(connection, app, limit=99)][::-1]


def push(
    tag: str | None = "latest", digest: str | None = None, *, repository: str = "acme/shop"
) -> dict[str, Any]:
    target = {"mediaType": MANIFEST, "repository": repository, "tag": tag, "digest": digest}
    return {"action": "push", "target": target}
