# SPDX-License-Identifier: GPL-3.0-or-later
"""An app that demands signatures, at a registry that users run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.real_registry import MANIFEST, PASSWORD, USER, RealRegistry, real_registry
from tests.support.signed_images import SIGNER, STRANGER, push_bundles, push_classic, push_image
from tests.support.waiting import wait_for
from webhook_bridge.config.apps_reloader import AppsFile
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.errors import Refused
from webhook_bridge.intake.decisions import Waits
from webhook_bridge.operations import deploy
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import Store, deliveries, releases


class Demanding:
    """A bridge whose one app wants images signed, at a real registry."""

    def __init__(self, folder: Path, registry: RealRegistry, *, wait: str) -> None:
        folder.mkdir()
        self.installation = Installation(folder, registry=registry.host)
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(PASSWORD)
        access = f'plain_http = true\nusername = "{USER}"\npassword_file = "password"'
        text = self.installation.file.read_text().replace("plain_http = true", access)
        self.installation.file.write_text(f'{text}\n[poll]\nevery = "off"\n')
        SIGNER.write_public(self.installation.apps_file.parent / "cosign.pub")
        self.installation.write_app("shop", signature={"cosign_key": "cosign.pub", "wait": wait})
        self.installation.write_inventory()
        waits = Waits(race=(0.05,) * 4, signature=0.1)
        self.bridge = Bridge(self.installation.settings(), waits=waits)

    @property
    def store(self) -> Store:
        return self.bridge.store

    def push(self, **target: object) -> str:
        event = {"action": "push", "target": {"mediaType": MANIFEST, "repository": "acme/shop"}}
        event["target"] |= target  # type: ignore[operator]  # JSON
        body = json.dumps({"events": [event]}).encode()
        return self.bridge.accept(
            NewDelivery("mine", "distribution", "127.0.0.1", {}, body, time.time())
        )

    def find(self, identifier: str) -> Delivery:
        with self.store.read() as connection:
            return deliveries.find(connection, identifier)[0]

    def verdict(self, identifier: str) -> Delivery:
        wait_for(lambda: self.find(identifier).verdict, f"the verdict of {identifier}")
        return self.find(identifier)

    def digests(self) -> list[str]:
        with self.store.read() as connection:
            return [one.digest for one in releases.latest(connection, "shop", limit=9)]


@pytest.fixture
def demanding(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Demanding, RealRegistry]]:
    (tmp_path / "registry").mkdir()
    with real_registry(tmp_path / "registry") as registry:
        made = Demanding(tmp_path / "longshore", registry, wait=getattr(request, "param", "10m"))
        made.bridge.start()
        yield made, registry
        made.bridge.dispatcher.end_runs()
        made.bridge.stop()


def test_a_signature_that_arrives_after_its_image_is_waited_for(
    demanding: tuple[Demanding, RealRegistry],
) -> None:
    shop, registry = demanding
    digest = push_image(registry, "acme/shop")
    identifier = shop.push(tag="latest", digest=digest)
    wait_for(lambda: shop.find(identifier).attempts, "it waits for a signature")
    assert "one that comes late is waited for" in str(shop.find(identifier).detail)

    push_classic(registry, "acme/shop", digest, SIGNER.simple(digest))

    assert shop.verdict(identifier).verdict == "released"
    assert shop.digests() == [digest]


@pytest.mark.parametrize("demanding", ["0.1s"], indirect=True)
def test_an_unsigned_image_is_blocked_until_its_signature_is_pushed(
    demanding: tuple[Demanding, RealRegistry],
) -> None:
    shop, registry = demanding
    digest = push_image(registry, "acme/shop")
    push_classic(registry, "acme/shop", digest, STRANGER.simple(digest))
    blocked = shop.verdict(shop.push(tag="latest", digest=digest))
    assert (blocked.verdict, shop.digests()) == ("unsigned", [])
    assert "one signature is by another key; sign it with the key of" in str(blocked.detail)
    apps = AppsFile(shop.installation.apps_file).current()
    with pytest.raises(Refused, match="has no good signature") as refused:
        deploy.deploy(shop.store, shop.bridge.registry, apps, name="shop", actor="somebody")
    assert refused.value.code == "unsigned"

    push_bundles(registry, "acme/shop", digest, SIGNER.bundle(digest))
    signed = shop.verdict(shop.push(tag=digest.replace(":", "-")))

    assert (signed.verdict, shop.digests()) == ("released", [digest])
    release = deploy.deploy(shop.store, shop.bridge.registry, apps, name="shop", actor="somebody")
    assert release.digest == digest
